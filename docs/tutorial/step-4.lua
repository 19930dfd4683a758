-- rig: rig-configs/sim.lua
-- Step 4: the water must be earned: a lick within two seconds of the tone.
param "volume" { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"    { sec(4), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses { inputs = { "lick" }, outputs = { "water", "tone" }, signals = { "vta" } }
cue "A" { output = "tone" }

function trial(n, last)
  return {
    state "iti"    { after = { exponential(p.iti, 3), "cue" } },
    state "cue"    { enter = { cs "A" }, after = { ms(500), "window" } },
    state "window" { on = { lick = "reward" }, after = { sec(2), done } },
    state "reward" { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
  }
end
