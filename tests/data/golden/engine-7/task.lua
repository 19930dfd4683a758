-- rig: rig-configs/sim.lua
-- Pavlovian trace conditioning: cue, delay, reward; in one of ten trials (probes) none, and the laser answers a dip of
-- dopamine below prediction. Source: Cohen et al. 2012, Nature 482:85; Schultz, Dayan & Montague 1997, Science 275:1593.
param "p_reward" { 0.9,    min = 0,       max = 1,        help = "probability of water" }
param "volume"   { ul(4),  min = ul(1),   max = ul(10),   help = "water per reward" }
param "iti"      { sec(4), min = sec(1),  max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "laser", "tone" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "A" { output = "tone" }

trigger "dip" {
  on = residual("vta", "td_csc"), below = z(-2), release = z(-1), hold = ms(40),
  lockout = sec(1), sham = 0.5,
}
train "stim" { output = "laser", width = ms(5), rate = hz(20), duration = ms(500) }

function trial(n, last)
  local rewarded = draw(p.p_reward)
  return {
    state "iti"      { after = { exponential(p.iti, 3), "cue" } },
    state "cue"      { enter = { cs "A" }, after = { sec(1), "delay" } },
    state "delay"    { after = { sec(1), rewarded and "reward" or "omission" } },
    state "reward"   { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "omission" { arm = { "dip" }, on = { dip = start "stim" }, after = { sec(2), done } },
  }
end
