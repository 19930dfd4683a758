-- Something is on most of the time, so that a fault seldom finds everything off: 100 ms of water, then a train of light.
uses { inputs = { "lick" }, outputs = { "water", "laser" }, signals = { "vta" }, models = { td_csc = { step = ms(20) } } }
train "stim" { output = "laser", width = ms(10), rate = hz(40), duration = ms(100) }

function trial()
  return {
    state "water" { enter = { deliver("water", ul(10)) }, after = { ms(110), "light" } },
    state "light" { enter = { start "stim" }, after = { ms(110), done } },
  }
end
