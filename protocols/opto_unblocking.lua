-- rig: rig-configs/sim-tones.lua
-- Unblocking by light: A alone predicts water; then X comes with A, and learns nothing, for nothing is left to predict
-- (blocking), unless light on the dopamine neurons comes with the water (paired = 1; else between trials). At last X is
-- shown alone. Source: Steinberg et al. 2013, Nat Neurosci 16:966.
param "paired"   { 1,      min = 0,      max = 1,        help = "1: light at the reward of AX; 0: light between trials" }
param "single"   { 80,     min = 1,      max = 1000,     help = "trials of A alone" }
param "compound" { 40,     min = 1,      max = 1000,     help = "trials of A with X" }
param "test"     { 10,     min = 1,      max = 1000,     help = "trials of X alone, without water" }
param "volume"   { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"      { sec(5), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "laser", "tone_1", "tone_4" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "A" { output = "tone_1" }
cue "X" { output = "tone_4" }
train "light" { output = "laser", width = ms(5), rate = hz(20), duration = sec(1) }

function trial(n, last)
  if n > p.single + p.compound + p.test then return nil end
  local with_x, tests = n > p.single, n > p.single + p.compound
  local cues = tests and { cs "X" } or with_x and { cs "A", cs "X" } or { cs "A" }
  local water = { deliver("water", p.volume) }
  if with_x and not tests and p.paired == 1 then water[2] = start "light" end
  local apart = with_x and not tests and p.paired == 0
  return {
    state "iti"    { after = { sec(6) + exponential(p.iti, 3), "wait" } },
    state "wait"   { enter = apart and { start "light" } or {}, after = { sec(6), "cue" } },
    state "cue"    { enter = cues, after = { sec(2), tests and "tested" or "water" } },
    state "water"  { enter = water, after = { sec(3), done } },
    state "tested" { after = { sec(3), done } },
  }
end
