-- enter is a list.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
cue "A" { output = "tone" }
function trial(n, last)
  return {
    state "wait" { after = { sec(1), done }, enter = cs "A" },
  }
end
