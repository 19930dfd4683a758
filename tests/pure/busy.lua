-- A task that is never at rest: cue, water, laser train and trigger several times a second.   rig: rig-configs/sim.lua
uses {
  inputs = { "lick" }, outputs = { "water", "laser", "tone" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) }, null_mean = {} },
}
cue "A" { output = "tone" }
trigger "dip" {
  on = residual("vta", "td_csc"), below = z(0), release = z(0.5), hold = ms(5), lockout = ms(50), sham = 0.5,
}
train "stim" { output = "laser", width = ms(5), rate = hz(20), duration = ms(100) }

function trial()
  return {
    state "cue"    { enter = { cs "A" }, after = { ms(60), "reward" }, on = { lick = "reward" } },
    state "reward" { enter = { deliver("water", ul(2)) }, after = { ms(80), "armed" } },
    state "armed"  { arm = { "dip" }, on = { dip = start "stim" }, after = { ms(60), done } },
  }
end
