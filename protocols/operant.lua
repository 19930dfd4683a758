-- rig: rig-configs/sim.lua
-- Operant: a lick within a window after the cue earns water; before the cue the animal must withhold licking for a
-- while, or it waits again. Source: Guo et al. 2014, PLoS ONE 9:e88678 (head-fixed procedures).
param "volume" { ul(4),  min = ul(1),     max = ul(10),   help = "water per reward" }
param "window" { sec(2), min = ms(200),   max = sec(10),  help = "time to answer, from the end of the cue" }
param "iti"    { sec(4), min = sec(1),    max = sec(120), help = "mean; exponential, cut at three times" }
param "quiet"  { sec(1), min = sec(0.1),  max = sec(10),  help = "time without a lick before a cue" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "go" { output = "tone" }

function trial(n, last)
  return {
    state "iti"    { after = { exponential(p.iti, 3), "quiet" } },
    state "quiet"  { after = { p.quiet, "cue" }, on = { lick = "quiet" } }, -- a lick starts the wait again
    state "cue"    { enter = { cs "go" }, after = { ms(500), "window" } },
    state "window" { after = { p.window, done }, on = { lick = "reward" } },
    state "reward" { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
  }
end
