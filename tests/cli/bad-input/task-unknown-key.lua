-- `after` is misspelt.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }

function trial(n, last)
  return {
    state "wait" {
      on = { lick = done },
      aftr = { sec(1), done },
    },
  }
end
