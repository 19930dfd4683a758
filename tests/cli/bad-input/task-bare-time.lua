-- A second has a unit.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  return {
    state "wait" {
      after = { 1, done },
    },
  }
end
