-- Keeps everything.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  local all = {}
  for i = 1, 1000 do
    all[i] = string.rep("x", 200000) .. i
  end
end
