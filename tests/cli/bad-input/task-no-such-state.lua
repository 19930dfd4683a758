-- The state is called reward.
uses { inputs = { "lick" }, outputs = { "water", "tone" } }
function trial(n, last)
  return {
    state "wait" { after = { sec(1), "rewad" } },
    state "reward" { after = { sec(1), done } },
  }
end
