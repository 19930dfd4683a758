-- rig: rig-configs/sim-peaks.lua
-- Closed loop on spontaneous dopamine peaks: while the animal has no task at all, a train of light follows each peak of
-- dF/F, or only a share of them; the rest are shams, seen and journaled but not answered. Source: Markowitz et al. 2023,
-- Nature 614:108.
param "bin" { sec(20), min = sec(1), max = sec(600), help = "length of a trial, which is only a bin of time here" }

uses {
  inputs = { "lick" }, outputs = { "laser" },
  signals = { "vta" }, models = { null_zero = {} },
}
-- null_zero predicts nothing, so its residual is the dF/F itself, in units of its own noise.
trigger "peak" {
  on = residual("vta", "null_zero"), above = z(2), release = z(1), hold = ms(20),
  lockout = sec(2), sham = 0.5,
}
train "stim" { output = "laser", width = ms(5), rate = hz(20), duration = ms(250) }

function trial(n, last)
  return {
    state "watch" { arm = { "peak" }, on = { peak = start "stim" }, after = { p.bin, done } },
  }
end
