-- rig: rig-configs/sim.lua
-- Step 2: a tone announces the water.
uses { inputs = { "lick" }, outputs = { "water", "tone" }, signals = { "vta" } }
cue "A" { output = "tone" }

function trial(n, last)
  return {
    state "iti"    { after = { exponential(sec(4), 3), "cue" } },
    state "cue"    { enter = { cs "A" }, after = { sec(1), "delay" } },
    state "delay"  { after = { sec(1), "reward" } },
    state "reward" { enter = { deliver("water", ul(4)) }, after = { sec(2), done } },
  }
end
