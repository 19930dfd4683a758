-- rig: rig-configs/sim-two-spouts.lua
-- Bandit: after the go cue the first lick chooses a spout; one gives water often, the other seldom, and they change
-- sides after a random number of trials. Source: Tai et al. 2012, Nat Neurosci 15:1281; Bari et al. 2019, Neuron 103:922.
param "p_high"    { 0.8,    min = 0,       max = 1,        help = "probability of water at the better spout" }
param "p_low"     { 0.2,    min = 0,       max = 1,        help = "and at the other one" }
param "block_min" { 30,     min = 1,       max = 1000,     help = "trials of a block at least" }
param "block_max" { 50,     min = 1,       max = 1000,     help = "and at most" }
param "volume"    { ul(3),  min = ul(1),   max = ul(10),   help = "water per reward" }
param "window"    { sec(3), min = ms(200), max = sec(10),  help = "time to choose" }
param "iti"       { sec(2), min = sec(1),  max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "left", "right" }, outputs = { "water_left", "water_right", "tone" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "go" { output = "tone" }

local left_is_better, block_ends = true, 0

function trial(n, last)
  if n > block_ends then
    left_is_better = not left_is_better
    block_ends = n - 1 + math.floor(p.block_min + uniform(0, 1) * (p.block_max - p.block_min + 1))
  end
  local p_left = left_is_better and p.p_high or p.p_low
  local left = draw(p_left) and "reward_left" or "nothing"
  local right = draw(p.p_high + p.p_low - p_left) and "reward_right" or "nothing"
  return {
    state "iti"          { after = { exponential(p.iti, 3), "go" } },
    state "go"           { enter = { cs "go" }, after = { ms(150), "choose" } },
    state "choose"       { after = { p.window, "missed" }, on = { left = left, right = right } },
    state "reward_left"  { enter = { deliver("water_left", p.volume) }, after = { sec(2), done } },
    state "reward_right" { enter = { deliver("water_right", p.volume) }, after = { sec(2), done } },
    state "nothing"      { after = { sec(2), done } },
    state "missed"       { after = { sec(1), done } },
  }
end
