-- rig: rig-configs/sim.lua
-- Extinction and reinstatement: the cue brings water, then no more, and licking for it fades; some water out of nowhere
-- brings a part of it back. Source: Bouton 2004, Learn Mem 11:485; Pan, Schmidt, Wickens & Hyland 2008, J Neurosci 28:9619.
param "acquire" { 80,     min = 1,      max = 10000,    help = "trials with water" }
param "extinct" { 80,     min = 1,      max = 10000,    help = "trials without" }
param "free"    { 5,      min = 0,      max = 1000,     help = "drops without a cue" }
param "test"    { 20,     min = 1,      max = 10000,    help = "trials without water after them" }
param "volume"  { ul(4),  min = ul(1),  max = ul(10),   help = "water per reward" }
param "iti"     { sec(4), min = sec(1), max = sec(120), help = "mean; exponential, cut at three times" }

uses {
  inputs = { "lick" }, outputs = { "water", "tone" },
  signals = { "vta" }, models = { td_csc = { step = ms(20) } },
}
cue "A" { output = "tone" }

function trial(n, last)
  local free_from = p.acquire + p.extinct
  if n > free_from + p.free + p.test then return nil end
  local free = n > free_from and n <= free_from + p.free
  return {
    state "iti"      { after = { sec(2) + exponential(p.iti, 3), free and "lull" or "cue" } },
    state "lull"     { after = { sec(10), "reward" } }, -- so long that no cue is left to thank for the drop
    state "cue"      { enter = { cs "A" }, after = { sec(1), "delay" } },
    state "delay"    { after = { sec(1), n <= p.acquire and "reward" or "omission" } },
    state "reward"   { enter = { deliver("water", p.volume) }, after = { sec(2), done } },
    state "omission" { after = { sec(2), done } },
  }
end
