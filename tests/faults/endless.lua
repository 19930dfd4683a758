-- busy.lua, whose third trial is never planned to its end.
uses { inputs = { "lick" }, outputs = { "water", "laser" }, signals = { "vta" }, models = { td_csc = { step = ms(20) } } }

function trial(n)
  while n > 2 do
  end
  return { state "water" { enter = { deliver("water", ul(10)) }, after = { ms(300), done } } }
end
