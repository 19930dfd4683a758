"""What the scripts in this folder share: running phasic, and telling tests/run what came of it.

A test is a function with @test; its name is a sentence. An exception fails it.
"""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "phasic")
SCRATCH = tempfile.mkdtemp(prefix="phasic-cli-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
COMMANDS = ["run", "check", "simulate", "import", "replay", "compare", "export", "recover", "verify", "doctor", "bench"]
COMMANDS += ["calibrate", "signatures"]
tests = []


def test(function):
    tests.append(function)
    return function


def phasic(*arguments, **more):
    """Runs phasic from the repository's root; .stdout and .stderr are text."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False, **more
    )


def scratch(name):
    return os.path.join(SCRATCH, name)


def refused(*arguments, status=2):
    """The one line on stderr of a call that must fail with nothing on stdout."""
    done = phasic(*arguments)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    assert done.stdout == "", (arguments, done.stdout)
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), (arguments, done.stderr)
    return done.stderr[:-1]


def answered(*arguments, status=0):
    """The one JSON object on stdout of a call with --json."""
    done = phasic(*arguments, "--json")
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    assert done.stdout.count("\n") == 1, done.stdout
    return json.loads(done.stdout)


def main():
    if not os.path.exists(PROGRAM):
        print(f"not ok {PROGRAM}: expected the program: make build")
        return 1
    print(f"1..{len(tests)}")
    failed = 0
    for function in tests:
        try:
            function()
            print("ok", function.__name__)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print("not ok", function.__name__, flush=True)
    return 1 if failed else 0
