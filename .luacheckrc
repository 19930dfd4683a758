-- What a task or a rig file may use: the sandbox's part of Lua, and phasic's own words.
-- A task may define one global, its `trial` function.
std = {
  globals = { "trial" },
  read_globals = {
    -- Lua
    "error", "ipairs", "pairs", "select", "tonumber", "tostring", "type",
    math = { fields = { "abs", "ceil", "floor", "huge", "max", "min", "pi", "sqrt", "tointeger" } },
    string = { fields = { "format", "len", "lower", "rep", "sub", "upper" } },
    table = { fields = { "concat", "insert", "remove", "unpack" } },
    -- quantities
    "us", "ms", "sec", "ul", "ml", "hz", "khz", "mw", "mj", "ma", "v", "z",
    -- a task's words
    "param", "p", "uses", "cue", "trigger", "train", "observe", "state", "draw", "exponential", "uniform", "choice",
    "residual", "cs", "deliver", "start", "done",
    -- a rig's words
    "rig", "device", "channel", "input", "led", "output", "signal",
  },
}
max_line_length = 140
unused_args = false -- `trial(n, last)` names both, whether it needs them or not
