-- Random intervals, and a trial that fails when its number is `bad`.   rig: tests/unit/intervals_rig.lua
param "bad"  { 0,      min = 0,      max = 1e6,    help = "number of the first trial that can't be planned; 0: none" }
param "good" { 1,      min = 1,      max = 1e6,    help = "from this one on it can again" }
param "least" { ms(20), min = ms(1), max = sec(1), help = "shortest interval" }
param "iti"  { ms(80), min = ms(20), max = sec(1), help = "mean; exponential, cut at three times" }
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
cue "A" { output = "tone" }
policy { no_plan = "repeat" }

function trial(n, last)
  if p.bad > 0 and n >= p.bad and n < p.good then
    error("nothing left")
  end
  return {
    state "iti" { after = { p.least + exponential(p.iti, 3), "cue" } },
    state "cue" { enter = { cs "A" }, after = { uniform(ms(5), ms(15)), "end" } },
    state "end" { enter = { deliver("water", ul(1)) }, after = { uniform(ms(20), ms(40)), done } },
  }
end
