-- Wants to read a file.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
local file = io.open("/etc/passwd")
function trial(n, last) return file end
