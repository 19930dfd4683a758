-- Four what?
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  return {
    state "reward" { enter = { deliver("water", 4) }, after = { sec(2), done } },
  }
end
