-- Calls itself for ever.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
local function wait(x)
  return 1 + wait(x)
end
function trial(n, last)
  return wait(n)
end
