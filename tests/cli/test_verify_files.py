#!/usr/bin/python3 -B
"""phasic verify: what is said of a session's files, and with which exit status."""
import os
import shutil
import subprocess
import sys

from phasic import ROOT, answered, main, phasic, refused, scratch, test

DATA = os.path.join(ROOT, "tests/data/akam-ppd")


def session(name):
    """A copy of an imported session."""
    first = scratch("first")
    if not os.path.exists(first):
        answered("import", os.path.join(DATA, "m53_NAc_L-2019-11-24-093939.ppd"), "-o", first)
    shutil.copytree(first, scratch(name))
    return scratch(name)


def states(answer):
    return {file["name"]: file["state"] for file in answer["files"]}


@test
def a_session_as_it_was_is_good():
    answer = answered("verify", session("good"))
    assert answer["ok"] is True and answer["journal"] == {"ticks": 5424986, "closed": True, "cut": False}
    assert set(states(answer)) == {"journal.phj", "rig.lua", "task.lua", "session.json"}
    assert set(states(answer).values()) == {"same"}


@test
def sha256sum_reads_the_manifest():
    done = subprocess.run(["sha256sum", "-c", "manifest"], cwd=session("sums"), capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK") == 4, done.stdout


@test
def a_changed_journal_ends_with_status_3():
    folder = session("changed")
    with open(os.path.join(folder, "journal.phj"), "r+b") as file:
        file.seek(50000)
        byte = file.read(1)[0]
        file.seek(50000)
        file.write(bytes([byte ^ 1]))
    answer = answered("verify", folder, status=3)
    assert answer["ok"] is False and states(answer)["journal.phj"] == "changed"
    line = phasic("verify", folder).stderr
    assert line == f"{folder}: journal.phj = changed: expected the file of its manifest\n", line


@test
def a_missing_file_ends_with_status_3_and_a_later_one_does_not():
    folder = session("more")
    with open(os.path.join(folder, "report.html"), "w", encoding="utf-8") as file:
        file.write("later")
    assert states(answered("verify", folder))["report.html"] == "added"
    os.remove(os.path.join(folder, "task.lua"))
    assert states(answered("verify", folder, status=3))["task.lua"] == "missing"


@test
def without_a_manifest_there_is_nothing_to_verify():
    folder = session("none")
    os.remove(os.path.join(folder, "manifest"))
    assert "manifest" in refused("verify", folder)


sys.exit(main())
