#!/usr/bin/python3 -B
"""docs/faults.md has exactly the rows that the programs have, in their order."""
import sys

import tables

expected = [name for program in tables.programs() for name in tables.names(program)]
found = tables.page_names()
for name in [name for name in expected if name not in found]:
    print(f"docs/faults.md: {name}: missing: run tests/faults/document")
for name in [name for name in found if name not in expected]:
    print(f"docs/faults.md: {name}: no such row in tests/faults: run tests/faults/document")
ok = found == expected and len(expected) >= 20
print(f"{'ok' if ok else 'not ok'} docs/faults.md shows the {len(expected)} faults that are tested")
sys.exit(not ok)
