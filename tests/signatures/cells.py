"""What the scripts in this folder share: the matrix of published results against models, as `phasic signatures` measures
it with one animal a case, and the cells that are known to disagree.

The protocols, quantities, inequalities and citations are the rows of daemon/cli/signature_table.c, and what each model is
expected to show those of daemon/cli/signature_cases.c, with the reasons of what disagrees with ten animals. With one
animal a few more cells fall on the other side; they stand here. A cell that starts to agree fails too: then the row goes.
"""
import json
import os
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "phasic")

# (signature, model, variant): why one animal is not enough; None: it disagrees with ten as well, the program says why
DISAGREE = {
    ("overexpectation", "anccr", ""): None,
    ("latent_inhibition", "td_belief", ""): None,
    ("delay_90", "td_csc", "lines run on through the reward"): None,
    ("probability", "td_belief", ""): None,
    ("subtractive", "td_dist", ""): None,
    ("cocaine_surge", "td_micro", ""): None,
}


def measure(*arguments):
    done = subprocess.run([PROGRAM, "signatures", *arguments, "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["cells"]


def name(cell):
    return cell["signature"], cell["model"], cell["variant"]


def check(models):
    """One line `ok` or `not ok` a cell in which something is expected of these models."""
    cells = [c for c in measure(*[word for m in models for word in ("--model", m)], "--seeds", "1") if c["expect"] != "report"]
    print(f"1..{len(cells)}")
    failed = 0
    for cell in cells:
        said = " ".join(filter(None, name(cell))).replace(" ", "_")
        try:
            assert cell["ok"] == (name(cell) not in DISAGREE), f"{cell['expect']}: {cell['values']}"
            assert cell["ok"] or DISAGREE[name(cell)] or cell["known"], "disagrees, and nobody says why"
            print("ok", said)
        except AssertionError:
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print("not ok", said, flush=True)
    return 1 if failed else 0
