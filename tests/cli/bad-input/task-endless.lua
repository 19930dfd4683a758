-- Never returns.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  local x = 0
  while true do
    x = x + 1
  end
end
