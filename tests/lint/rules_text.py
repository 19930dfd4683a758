"""Rules on the text of single files: lengths, words and functions that must not be there."""
import re

from tree import Rule, code_only

C_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
BASH_LINES_MAX = 100
MAKEFILE_LINES_MAX = 300
PROGRAM = ("daemon/", "drivers/")  # what runs on a rig; tests are freer

# Unsafe or unpredictable functions, and what to use instead. `time(` and `rand(` are outside inputs in disguise.
FORBIDDEN = re.compile(
    r"\b(atoi|atol|atof|strtok|sprintf|vsprintf|strcpy|strcat|gets|gmtime|localtime|rand|srand|random|time|alloca"
    r"|system|popen|setjmp|longjmp)\s*\("
)
CLOCK = re.compile(r"\b(clock_gettime|clock_getres|gettimeofday|timespec_get|ftime|clock|times|__rdtsc|__builtin_ia32_rdtsc)\s*\(")
CLOCK_HOME = "daemon/realtime/clock.c"
# Written so that this file does not contain the words itself.
UNWANTED = re.compile(r"/wor[k]/|/hom[e]/|\bTO[D]O\b|\bFIXM[E]\b|\bXX[X]\b")


def matches(tree, paths, pattern, what):
    """A problem for each line of code that matches."""
    for path in paths:
        for number, line in enumerate(code_only(tree.text(path)).splitlines(), 1):
            if found := pattern.search(line):
                yield f"{path}:{number}: {found.group(0).rstrip('( ')}: {what}"


def check_lengths(tree):
    limits = [(path, C_LINES_MAX) for path in tree.select([".c", ".h"])]
    limits += [(path, BASH_LINES_MAX) for path in tree.scripts("bash")]
    limits += [(path, MAKEFILE_LINES_MAX) for path in tree.paths if path == "Makefile"]
    for path, limit in limits:
        lines = tree.text(path).count("\n")
        if lines > limit:
            yield f"{path}: {lines} lines: expected at most {limit}"


def check_functions(tree):
    # clang-format leaves `{` alone in the first column for the bodies of functions only
    for path in tree.select([".c", ".h"]):
        start = None
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if line == "{":
                start = number
            elif line.startswith("}") and start:
                lines = number - start + 1
                if lines > FUNCTION_LINES_MAX:
                    yield f"{path}:{start}: a function of {lines} lines: expected at most {FUNCTION_LINES_MAX}"
                start = None


def check_forbidden(tree):
    return matches(tree, tree.select([".c", ".h"], PROGRAM), FORBIDDEN, "a function that is not used here")


def check_clock(tree):
    paths = [path for path in tree.select([".c", ".h"], PROGRAM) if path != CLOCK_HOME]
    return matches(tree, paths, CLOCK, f"only {CLOCK_HOME} reads a clock")


def check_volatile(tree):
    paths = tree.select([".c", ".h"], PROGRAM)
    data = re.compile(r"(?<!asm )(?<!asm__ )\bvolatile\b")  # an instruction may be volatile, data may not
    return matches(tree, paths, data, "threads share through <stdatomic.h>")


def check_words(tree):
    for path in tree.paths:
        text = tree.text(path)
        if "\0" in text or path == "LICENSE" or path.startswith("tests/data/"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := UNWANTED.search(line):
                yield f"{path}:{number}: {found.group(0)}: no path of one machine, no note to oneself"


LONG_FUNCTION = "int f(void)\n{\n" + "    f();\n" * FUNCTION_LINES_MAX + "}\n"
RULES = [
    Rule("no file is too long", check_lengths, {"daemon/a.c": "\n" * 501}, "daemon/a.c: 501 lines"),
    Rule("no function is too long", check_functions, {"drivers/a.c": LONG_FUNCTION}, "drivers/a.c:2: a function of 72"),
    Rule(
        "no forbidden function is called",
        check_forbidden,
        {"daemon/a.c": "/* time( */\nint a = b_time(\"rand(\");\nint c = rand ();\n"},
        "daemon/a.c:3: rand:",
    ),
    Rule(
        "only the clock module reads a clock",
        check_clock,
        {CLOCK_HOME: "clock_gettime(0, 0);", "drivers/a.c": "\nclock_gettime(0, 0);"},
        "drivers/a.c:2: clock_gettime:",
    ),
    Rule("volatile is not used", check_volatile, {"daemon/a.h": "extern volatile int a;"}, "daemon/a.h:1: volatile:"),
    Rule("no machine's paths, no notes", check_words, {"docs/a.md": "see /wor" "k/x\n"}, "docs/a.md:1: /wor" "k/"),
]
