-- rig: rig-configs/sim-tones.lua
-- Reversal: two cues, of which one mostly brings water and the other seldom; after a block they change roles.
-- Source: Costa et al. 2015, J Neurosci 35:2407 (probabilistic reversal); Eshel et al. 2016, Nat Neurosci 19:479 (cues).
param "p_high" { 0.9,    min = 0,      max = 1,        help = "probability of water after the better cue" }
param "p_low"  { 0.1,    min = 0,      max = 1,        help = "and after the other one" }
param "block"  { 100,    min = 1,      max = 10000,    help = "trials between two reversals" }
param "volume" { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"    { sec(4), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone_1", "tone_4" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "A" { output = "tone_1" }
cue "B" { output = "tone_4" }

function trial(n, last)
  local shown = choice { "A", "B" }
  local reversed = math.floor((n - 1) / p.block) % 2 == 1
  local better = (shown == "A") ~= reversed
  local outcome = draw(better and p.p_high or p.p_low) and "reward" or "omission"
  return {
    state "iti"      { after = { sec(1) + exponential(p.iti, 3), "cue" } },
    state "cue"      { enter = { cs(shown) }, after = { sec(1), "delay" } },
    state "delay"    { after = { sec(1), outcome } },
    state "reward"   { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "omission" { after = { sec(2), done } },
  }
end
