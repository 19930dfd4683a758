#!/usr/bin/python3
"""phasic signatures: what it prints and draws, and what it refuses. The matrix itself: tests/signatures/."""
import sys
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
from phasic import answered, main, phasic, refused, scratch, test  # noqa: E402


@test
def a_cell_has_its_settings_and_what_was_measured():
    answer = answered("signatures", "--only", "omission_dip", "--model", "rw", "--seeds", 1)
    assert {"id", "protocol", "criterion", "citation"} == set(answer["signatures"][0])
    (cell,) = answer["cells"]
    assert cell["signature"] == "omission_dip" and cell["model"] == "rw" and cell["expect"] == "must"
    assert cell["settings"] == {"window_s": 2.2} and cell["seeds"] == 1
    assert cell["shown"] and cell["ok"] and cell["known"] is None
    assert -1 < cell["values"]["dip"] < -0.8  # a reward of 1 that was nearly sure


@test
def the_text_ends_with_a_count_and_a_picture_is_drawn():
    picture = scratch("matrix.svg")
    done = phasic("signatures", "--only", "second_order", "--model", "rw", "--model", "ph", "--seeds", 1, "-o", picture)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.startswith("second_order: ") and done.stdout.endswith("\n2 of 2 as expected\n"), done.stdout
    texts = [text.text for text in xml.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}text")]
    assert {"rw", "ph", "second_order", "N-"} <= set(texts), texts


@test
def what_does_not_exist_is_refused():
    assert refused("signatures", "--model", "td_cs") == "phasic signatures: --model = td_cs: expected a model with signatures: did you mean td_csc?"
    assert "did you mean second_order?" in refused("signatures", "--only", "second_orde")
    assert "--seeds" in refused("signatures", "--seeds", 0)
    assert "picture" in refused("signatures", "--only", "second_order", "--model", "rw", "--seeds", 1, "-o", "/no/such/x.svg", status=1)


sys.exit(main())
