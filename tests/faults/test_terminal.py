#!/usr/bin/python3 -B
"""The fault table's terminal: `phasic run` itself, on a terminal that is closed, or from which the stop comes."""
import json
import os
import pty
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../cli"))
import phasic  # noqa: E402

ANY = 30  # seconds that nothing here needs
LIMIT_MS = 51  # from the decision to end until all is safe: 50 ms and a tick


def until(condition):
    give_up = time.monotonic() + ANY
    while not condition():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.005)


class Session:
    """`phasic run` with a terminal of its own, once ticks are done."""

    def __init__(self, name):
        self.folder = phasic.scratch(name)
        self.said = b""
        self.terminal, side = pty.openpty()
        command = [phasic.PROGRAM, "run", "tests/faults/rig.lua", "tests/faults/busy.lua", "--seed", "7"]
        command += ["--out", self.folder]

        def own_terminal():  # the terminal's keys reach the program, and its end too
            os.setsid()
            os.close(os.open(os.ttyname(side), os.O_RDWR))

        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            command, cwd=phasic.ROOT, stdin=side, stdout=side, stderr=side, preexec_fn=own_terminal
        )
        os.close(side)
        until(lambda: self.sheet().get("core_pid") and self.sheet().get("ended") is None)
        self.read_until(b"trial")

    def sheet(self):
        try:
            with open(os.path.join(self.folder, "session.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def read_until(self, text=None):
        """What the terminal shows up to a text, or to its end."""
        while text is None or text not in self.said:
            try:
                more = os.read(self.terminal, 4096)
            except OSError:
                more = b""
            if not more:
                break
            self.said += more
        return self.said.decode("utf-8", "replace")

    def is_over(self):
        return self.sheet().get("outcome") is not None


def close_terminal(session):
    os.close(session.terminal)
    until(session.is_over)
    session.process.wait(ANY)
    return ""


def press(key):
    def strike(session):
        os.write(session.terminal, key)
        said = session.read_until()
        session.process.wait(ANY)
        os.close(session.terminal)
        return said

    return strike


def hang_up(session):
    session.process.send_signal(signal.SIGHUP)
    said = session.read_until()
    session.process.wait(ANY)
    os.close(session.terminal)
    return said


ROWS = [  # fault, strike, how it ends, what the terminal must show
    ("terminal closed", close_terminal, "stop", None),
    ("SIGHUP", hang_up, "stop", "It was asked to stop."),
    ("Ctrl-C", press(b"\x03"), "stop", "It was asked to stop."),
    ("Ctrl-\\ at the terminal", press(b"\x1c"), "estop", "error core.ended reason=estop"),
]


def run_row(number, fault, strike, ends, told):
    session = Session(f"terminal{number}")
    said = strike(session)
    answer = phasic.answered("recover", session.folder)
    replay = phasic.answered("replay", session.folder, "--verify")
    identical = "identical" if replay["mismatches"] == 0 else "DIFFERS"
    whole = "whole" if answer["damaged_chunks"] == 0 and not answer["cut"] else "damaged"
    shown = "-" if told is None else told if told in said else "NOT TOLD"
    safe_ms = answer["time_to_safe_ms"]
    print(f"| {fault} | {answer['reason']} | - | {answer['lost_ticks']} | {whole} | {identical} | {shown} | {safe_ms:.1f} ms |")
    assert answer["reason"] == ends and answer["lost_ticks"] == 0 and answer["outputs_safe"], answer
    assert (identical, whole) == ("identical", "whole") and shown != "NOT TOLD", said
    assert replay["decisions"] > 0 and safe_ms <= LIMIT_MS
    assert session.sheet()["why"] and session.sheet()["reason"] == ends, session.sheet()


def main():
    if sys.argv[1:] == ["--rows"]:
        print("\n".join(row[0] for row in ROWS))
        return 0
    for number, row in enumerate(ROWS):

        def function(number=number, row=row):
            run_row(number, *row)

        function.__name__ = row[0]
        phasic.test(function)
    return phasic.main()


sys.exit(main())
