-- rig: rig-configs/sim-tones.lua
-- Variable delay: after the cue the reward comes 1.2 to 2.8 s later, always (p_reward = 1) or in nine of ten trials
-- (p_reward = 0.9), which turns the dopamine response to late rewards around. Delays as in the source: a Gaussian of
-- mean 2 s and SD 0.5 s in nine steps. Source: Starkweather, Babayan, Uchida & Gershman 2017, Nat Neurosci 20:581.
param "p_reward" { 1,      min = 0,      max = 1,       help = "1 for the first task, 0.9 for the second" }
param "volume"   { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"      { sec(6), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone_1" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "A" { output = "tone_1" }

-- Delay in steps of 0.2 s from 1.2 s, as often as the Gaussian has it, ten times at its top.
local delays = {}
for step, count in ipairs({ 3, 5, 7, 9, 10, 9, 7, 5, 3 }) do
  for _ = 1, count do
    delays[#delays + 1] = sec(1) + step * ms(200)
  end
end

function trial(n, last)
  local water = draw(p.p_reward) and { deliver("water", p.volume) } or {}
  return {
    state "iti"     { after = { sec(2) + exponential(p.iti, 3), "cue" } },
    state "cue"     { enter = { cs "A" }, after = { sec(1), "wait" } },
    state "wait"    { after = { choice(delays) - sec(1), "outcome" } },
    state "outcome" { enter = water, after = { sec(3), done } },
  }
end
