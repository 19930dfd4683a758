-- Nothing ends this state.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  return {
    state "wait" { after = { sec(1), "stuck" } },
    state "stuck" { enter = { deliver("water", ul(4)) } },
  }
end
