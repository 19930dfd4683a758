#!/usr/bin/python3 -B
"""Holds an NWB file against the schema: every typed object's attributes, datasets, groups and links.

    tests/nwb/validate.py FILE.nwb        a line a problem; exit status 1 if there is one

Written from the schema's own language (tests/nwb/schema): what a type requires, inherits and allows. It says nothing of
whether the values are right; tests/nwb/test_export.py does.
"""
import glob
import os
import sys

import h5py
import numpy as np
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
NUMERIC = {"numeric": "iuf", "float": "f", "float32": "f", "float64": "f", "int": "iu", "int8": "iu", "int32": "iu"}
NUMERIC.update({"int64": "iu", "uint": "iu", "uint8": "iu", "uint32": "iu", "bool": "b"})
LEAST_BYTES = {"float64": 8, "int64": 8}


def schema_load():
    """neurodata_type -> its spec, with `neurodata_type_*` also where hdmf-common says `data_type_*`."""
    types = {}
    for path in glob.glob(os.path.join(HERE, "schema/*/*.yaml")):
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
        for kind in ("groups", "datasets"):
            for spec in content.get(kind) or []:
                rename(spec)
                if "neurodata_type_def" in spec:
                    types[spec["neurodata_type_def"]] = dict(spec, is_group=kind == "groups")
    return types


def rename(spec):
    for old, new in (("data_type_def", "neurodata_type_def"), ("data_type_inc", "neurodata_type_inc")):
        if old in spec:
            spec[new] = spec.pop(old)
    for kind in ("groups", "datasets", "attributes", "links"):
        for child in spec.get(kind) or []:
            rename(child)


TYPES = schema_load()


def ancestry(name):
    while name:
        yield name
        name = TYPES[name].get("neurodata_type_inc") if name in TYPES else None


def merged(spec):
    """The spec with all that its types inherit; a child named again overrides the inherited one."""
    chain = [spec]
    chain += [TYPES[name] for name in ancestry(spec.get("neurodata_type_inc")) if name in TYPES]
    whole = {}
    for each in reversed(chain):
        for key, value in each.items():
            if key not in ("groups", "datasets", "attributes", "links"):
                whole[key] = value
                continue
            known = {child.get("name") or child.get("neurodata_type_inc"): child for child in whole.get(key, [])}
            for child in value or []:
                known[child.get("name") or child.get("neurodata_type_inc") or child.get("target_type")] = child
            whole[key] = list(known.values())
    return whole


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


def type_of(node):
    return text_of(node.attrs.get("neurodata_type"))


def dtype_problem(dtype, wanted):
    """What is wrong with a numpy dtype, or None. Wider than asked for is allowed, as NWB's rules say."""
    if isinstance(wanted, (dict, list)) or wanted is None:
        return None
    if wanted in ("text", "ascii", "utf", "utf8", "isodatetime", "datetime"):
        return None if dtype.kind in "OSU" else f"{dtype}: expected text"
    if dtype.kind not in NUMERIC[wanted] or dtype.itemsize < LEAST_BYTES.get(wanted, 1):
        return f"{dtype}: expected {wanted}"
    return None


def check_attributes(node, spec, where):
    for attribute in spec.get("attributes", []):
        name = attribute["name"]
        if name not in node.attrs:
            if attribute.get("required", True):
                yield f"{where}: attribute {name} is missing"
            continue
        value = node.attrs[name]
        problem = dtype_problem(np.asarray(value).dtype, attribute.get("dtype"))
        if problem:
            yield f"{where}.{name}: {problem}"
        if "value" in attribute and str(text_of(value)) != str(attribute["value"]):
            yield f"{where}.{name} = {text_of(value)}: expected {attribute['value']}"


def check_shape(shape, wanted, where):
    options = wanted if wanted and isinstance(wanted[0], list) else [wanted]
    fits = any(len(shape) == len(one) and all(n is None or n == have for n, have in zip(one, shape)) for one in options)
    if not fits:
        yield f"{where}: shape {shape}: expected {wanted}"


def check_dataset(node, spec, where):
    spec = merged(spec)
    yield from check_attributes(node, spec, where)
    problem = dtype_problem(node.dtype, spec.get("dtype"))
    if problem:
        yield f"{where}: {problem}"
    if spec.get("shape"):
        yield from check_shape(node.shape, spec["shape"], where)


def required(spec):
    return spec.get("quantity", 1) in (1, "+")


def is_a(node, name):
    return name in ancestry(type_of(node))


def check_children(node, spec, where):
    """Named children by name, typed ones by type; what nobody allows is a problem."""
    claimed = set()
    for kind in ("datasets", "groups", "links"):
        for child in spec.get(kind, []):
            wanted = child.get("neurodata_type_inc") or child.get("target_type")
            if "name" in child:
                found = [child["name"]] if child["name"] in node else []
            else:
                found = [name for name in node if is_a(node[name], wanted)]
            if not found and required(child):
                yield f"{where}: {child.get('name') or wanted} is missing"
            for name in set(found) - claimed:
                claimed.add(name)
                yield from check_node(node[name], child, f"{where.rstrip('/')}/{name}")
    for name in set(node) - claimed:
        yield f"{where.rstrip('/')}/{name}: no such thing in {spec.get('neurodata_type_def') or spec.get('name')}"


def check_node(node, spec, where):
    name = type_of(node)
    if name is not None:
        wanted = spec.get("neurodata_type_def") or spec.get("neurodata_type_inc") or spec.get("target_type")
        if name not in TYPES:
            yield f"{where}: {name}: no such type"
            return
        if wanted not in ancestry(name):
            yield f"{where}: is a {name}: expected a {wanted}"
        for attribute in ("namespace", "object_id"):
            if attribute not in node.attrs:
                yield f"{where}: attribute {attribute} is missing"
        spec = dict(TYPES[name], **{key: value for key, value in spec.items() if key in ("dtype", "shape")})
    elif spec.get("neurodata_type_inc") and isinstance(node, h5py.Group):
        yield f"{where}: has no neurodata_type: expected {spec['neurodata_type_inc']}"
    if isinstance(node, h5py.Dataset):
        yield from check_dataset(node, spec, where)
        return
    spec = merged(spec)
    yield from check_attributes(node, spec, where)
    yield from check_children(node, spec, where)
    if name is not None and "colnames" in node.attrs:
        yield from check_table(node, where)


def check_table(node, where):
    names = [text_of(name) for name in node.attrs["colnames"]]
    columns = {name for name in node if name != "id"}
    if set(names) != columns:
        yield f"{where}: colnames {names}: the columns are {sorted(columns)}"
    lengths = {len(node[name]) for name in node}
    if len(lengths) != 1:
        yield f"{where}: columns of different lengths {sorted(lengths)}"


def problems_of(path):
    with h5py.File(path, "r") as file:
        return list(check_node(file, TYPES["NWBFile"], "/"))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = problems_of(sys.argv[1])
    print("\n".join(problems) if problems else f"{sys.argv[1]}: fits NWB core 2.7.0")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
