-- rig: rig-configs/sim-tones.lua
-- Reward probability: five cues announce water with five probabilities. The cue's response grows with the probability,
-- the reward's shrinks. Source: Fiorillo, Tobler & Schultz 2003, Science 299:1898.
param "volume" { ul(4),  min = ul(1),    max = ul(10),   help = "water per reward" }
param "iti"    { sec(5), min = sec(1),   max = sec(120), help = "mean; exponential, cut at three times" }
param "delay"  { sec(2), min = sec(0.5), max = sec(2),   help = "the cue's length; the reward comes at its end" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone_1", "tone_2", "tone_3", "tone_4", "tone_5" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "p0"   { output = "tone_1" }
cue "p25"  { output = "tone_2" }
cue "p50"  { output = "tone_3" }
cue "p75"  { output = "tone_4" }
cue "p100" { output = "tone_5" }

local cues = {
  { name = "p0", p = 0 }, { name = "p25", p = 0.25 }, { name = "p50", p = 0.5 }, { name = "p75", p = 0.75 },
  { name = "p100", p = 1 },
}

function trial(n, last)
  local shown = choice(cues)
  return {
    state "iti"      { after = { sec(2) + exponential(p.iti, 3), "cue" } },
    state "cue"      { enter = { cs(shown.name) }, after = { p.delay, draw(shown.p) and "reward" or "omission" } },
    state "reward"   { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "omission" { after = { sec(2), done } },
  }
end
