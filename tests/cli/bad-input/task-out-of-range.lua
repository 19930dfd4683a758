-- More water than the valve's calibration covers.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
param "volume" { ul(4), min = ul(1), max = ul(50) }
function trial(n, last)
  return { state "reward" {
    enter = {
      deliver("water", p.volume * 5) },
    after = { sec(2), done } } }
end
