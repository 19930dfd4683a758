#!/usr/bin/python3
"""The whole matrix of published results with ten animals a case: the cells that disagree are those with a known reason."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "signatures"))
from cells import measure, name  # noqa: E402


def main():
    cells = [cell for cell in measure() if cell["expect"] != "report"]
    print(f"1..{len(cells)}")
    for cell in cells:
        # the program gives a reason only with a disagreement, so one that has become wrong does not show here: tests/signatures has them
        good = cell["ok"] or cell["known"]
        print("ok" if good else "not ok", " ".join(filter(None, name(cell))).replace(" ", "_"), "" if good else cell["values"])
    return 0 if all(cell["ok"] or cell["known"] for cell in cells) else 1


sys.exit(main())
