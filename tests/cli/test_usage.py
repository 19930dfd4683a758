#!/usr/bin/python3 -B
"""Usage: help, versions, wrong options; and docs/cli.md says what --help says."""
import os
import re
import sys

from phasic import COMMANDS, ROOT, main, phasic, refused, test


def helped(command):
    done = phasic(command, "--help")
    assert done.returncode == 0 and done.stderr == "", (command, done.stderr)
    return done.stdout


def options_of(text):
    """[(label, help)] of a --help text's list."""
    listed = text.split("\n\n")[2]
    return [re.match(r"  (\S.*?)  +(.*)", line).groups() for line in listed.splitlines()]


@test
def without_a_command_it_shows_the_commands_and_fails():
    done = phasic()
    assert done.returncode == 2 and done.stdout == ""
    assert re.findall(r"^  (\w+)  ", done.stderr, re.MULTILINE) == COMMANDS


@test
def help_lists_every_command():
    for arguments in (["--help"], ["-h"], ["help"]):
        done = phasic(*arguments)
        assert done.returncode == 0 and done.stderr == ""
        assert re.findall(r"^  (\w+)  ", done.stdout, re.MULTILINE) == COMMANDS


@test
def every_command_has_help_with_usage_options_and_an_example():
    for command in COMMANDS:
        text = helped(command)
        assert text == phasic("help", command).stdout
        assert text == phasic(command, "-h").stdout
        assert f"\nusage: phasic {command}" in text
        assert f"\nexample:\n  phasic {command} " in text
        assert ("-h, --help", "this text") in options_of(text)
        assert max(map(len, text.splitlines())) <= 160, command


@test
def the_version_names_program_engine_and_journal():
    done = phasic("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"phasic \d+\.\d+\.\d+, engine \d+, journal format \d+\n", done.stdout)


@test
def a_misspelt_command_is_answered_with_the_nearest():
    assert refused("chexk") == "phasic: chexk: expected a command: did you mean check?"
    assert refused("help", "chexk") == "phasic: chexk: expected a command: did you mean check?"
    assert "run, check, simulate" in refused("x")


@test
def a_misspelt_option_is_answered_with_the_nearest():
    assert refused("replay", "x", "--verfy") == "phasic replay: --verfy: expected an option: did you mean verify?"
    assert "-q: expected an option: " in refused("check", "x", "-q")
    assert "-jq" not in refused("check", "x", "-q", "--json")


@test
def arguments_must_be_there_and_no_more():
    assert refused("check") == "phasic check: RIG: expected the rig file"
    assert refused("check", "a", "b", "c") == "phasic check: c: expected no further argument"
    assert refused("run", "rig") == "phasic run: TASK: expected the task file"
    assert refused("check", "") == 'phasic check: RIG = "": expected something that is not empty'
    assert refused("compare").startswith("phasic compare: SESSION: expected ")


@test
def options_may_stand_anywhere_and_be_shortened():
    before = refused("replay", "--speed", "0", "nowhere")
    after = refused("replay", "nowhere", "--spe=0")
    assert before == after == "phasic replay: --speed = 0: expected a number 0.01..1000000 or max"


@test
def an_option_without_its_value_and_a_flag_with_one_are_refused():
    assert refused("replay", "x", "--speed") == "phasic replay: --speed: expected a value after it"
    assert refused("import", "x", "-o") == "phasic import: -o: expected a value after it"
    assert refused("replay", "x", "--verify=yes") == "phasic replay: --verify = yes: expected no value"


@test
def numbers_are_taken_whole_or_not_at_all():
    for text in ("12abc", "nan", "inf", "0x10", "", " 1", "1 ", "--", "1e999", "-1", "1,5", "9" * 80):
        line = refused("run", "rig", "task", f"--duration={text}")
        assert line.startswith("phasic run: --duration = ") and "expected a number 0.001..10000000" in line, line
    for text in ("12abc", "-1", "1.5", "18446744073709551616", "+1"):
        line = refused("run", "rig", "task", f"--seed={text}")
        assert line == f"phasic run: --seed = {text}: expected a whole number 0..18446744073709551615"


@test
def two_dashes_end_the_options():
    assert refused("check", "--", "--json", "b", "c") == "phasic check: c: expected no further argument"


@test
def odd_bytes_in_an_argument_stay_one_line():
    assert refused("check", "a\nb", "c", "d\x1b[31m") == "phasic check: d?[31m: expected no further argument"


@test
def the_page_says_what_help_says():
    with open(os.path.join(ROOT, "docs/cli.md"), encoding="utf-8") as file:
        page = file.read()
    sections = dict(re.findall(r"^## phasic (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(sections) == COMMANDS, list(sections)
    for command in COMMANDS:
        text = helped(command)
        usage = re.search(r"^usage: (.*)$", text, re.MULTILINE).group(1)
        assert f"    {usage}\n" in sections[command], usage
        table = sections[command].split("| argument or option | what it is |\n|---|---|\n")[1].split("\n\n")[0]
        rows = re.findall(r"^\| `(.*?)` \| (.*) \|$", table, re.MULTILINE)
        assert rows == options_of(text)[:-1], (command, options_of(text)[:-1])


@test
def the_page_lists_the_events_that_the_program_logs():
    logged = set()
    for folder, _, names in os.walk(os.path.join(ROOT, "daemon")):
        for name in filter(lambda name: name.endswith(".c"), names):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for call in re.findall(r"\blog_event\(LOG[^;]*?;|\blog_event\([a-z][^;]*?;", file.read()):
                    first = call.split('", "')[0]
                    logged.update(re.findall(r'"([a-z_]+\.[a-z_.]+)"', first + '"'))
    with open(os.path.join(ROOT, "docs/cli.md"), encoding="utf-8") as file:
        listed = re.findall(r"^\| [a-z, ]+ \| `([a-z_.]+)` \|", file.read(), re.MULTILINE)
    assert set(listed) == logged, set(listed) ^ logged


sys.exit(main())
