-- The rig has no second laser.
uses {
  inputs = { "lick" },
  outputs = {
    "water",
    "laser2",
  },
}
function trial(n, last)
  return { state "wait" { after = { sec(1), done } } }
end
