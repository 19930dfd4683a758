-- rig: rig-configs/sim.lua
-- Step 3: what may change from day to day is a parameter; one trial in ten has no water.
param "p_reward" { 0.9,    min = 0,      max = 1,        help = "probability of water" }
param "volume"   { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"      { sec(4), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses { inputs = { "lick" }, outputs = { "water", "tone" }, signals = { "vta" } }
cue "A" { output = "tone" }

function trial(n, last)
  local rewarded = draw(p.p_reward)
  return {
    state "iti"      { after = { exponential(p.iti, 3), "cue" } },
    state "cue"      { enter = { cs "A" }, after = { sec(1), "delay" } },
    state "delay"    { after = { sec(1), rewarded and "reward" or "omission" } },
    state "reward"   { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "omission" { after = { sec(2), done } },
  }
end
