-- rig: rig-configs/sim.lua
-- Step 1: a drop of water every five seconds.
uses { outputs = { "water" } }

function trial(n, last)
  return {
    state "wait"  { after = { sec(5), "water" } },
    state "water" { enter = { deliver("water", ul(4)) }, after = { sec(1), done } },
  }
end
