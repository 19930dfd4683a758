-- rig: rig-configs/sim-tones.lua
-- Go/no-go: a lick in the window after the go tone earns water, one after the no-go tone costs a time-out.
-- Source: Komiyama et al. 2010, Nature 464:1182; Guo et al. 2014, PLoS ONE 9:e88678.
param "p_go"    { 0.5,    min = 0,       max = 1,        help = "share of go trials" }
param "volume"  { ul(4),  min = ul(1),   max = ul(10),   help = "water for a hit" }
param "window"  { sec(2), min = ms(200), max = sec(10),  help = "time to answer, from the end of the tone" }
param "timeout" { sec(4), min = ms(100), max = sec(60),  help = "added after a false alarm" }
param "iti"     { sec(3), min = sec(1),  max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone_1", "tone_4" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "go"   { output = "tone_1" }
cue "nogo" { output = "tone_4" }

function trial(n, last)
  local go = draw(p.p_go)
  return {
    state "iti"         { after = { sec(1) + exponential(p.iti, 3), "tone" } },
    state "tone"        { enter = { cs(go and "go" or "nogo") }, after = { ms(500), "window" } },
    state "window"      {
      after = { p.window, go and "miss" or "reject" },
      on = { lick = go and "hit" or "false_alarm" },
    },
    state "hit"         { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "miss"        { after = { sec(1), done } },
    state "reject"      { after = { sec(1), done } },
    state "false_alarm" { after = { p.timeout, done } },
  }
end
