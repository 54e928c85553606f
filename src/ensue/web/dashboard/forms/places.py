"""What may stand at a place of a definition: the shape of every field, found by its path.

One rule: a place that the definition does not have has no shape, and what a form brings for it is left out.
"""

from collections.abc import Iterator
from functools import cache
from typing import cast

from msgspec import Struct

from ensue.codec.findings import Path
from ensue.codec.shapes import (
    ByKey,
    ByValue,
    Choice,
    Items,
    Maybe,
    Object,
    Outside,
    Shape,
    Table,
    fields_of,
    shape_of,
)


@cache
def shape_at(record: type[Struct], path: Path) -> Shape | None:
    """Return the shape of the place that a path leads to, or `None`."""
    found: list[Shape] = [shape_of(record)]
    for part in path:
        found = [inner for shape in found for inner in _inner(shape, part)]
    return found[0] if found else None


def bare(shape: Shape) -> Shape:
    """Return a shape without the leave to be absent."""
    return shape.inner if isinstance(shape, Maybe) else shape


def _inner(shape: Shape, part: str | int) -> list[Shape]:
    match shape:
        case Maybe():
            return _inner(shape.inner, part)
        case Items():
            return [shape.item] if isinstance(part, int) else []
        case Table():
            return [shape.value] if isinstance(part, str) else []
        case Outside():
            return [Object(record) for tag, record in shape.records.items() if tag == part]
        case Object():
            return _of_record(shape.record, part)
        case ByValue():
            if part == shape.key:
                return [Choice(tuple(shape.records))]
            return [inner for record in shape.records.values() for inner in _of_record(record, part)]
        case ByKey():
            return [inner for option in dict.fromkeys(shape.keys.values()) for inner in _inner(option, part)]
        case _:
            return []


def _of_record(record: type[Struct], part: str | int) -> list[Shape]:
    keyed = [field.shape for field in fields_of(record) if not field.inline and field.key == part]
    beside = [field.shape for field in fields_of(record) if field.inline]
    return keyed or [inner for shape in beside for inner in _inner(shape, part)]


def is_made_of_parts(shape: Shape) -> bool:
    """Say whether a place holds a record, or records: it has fields, and is none."""
    if isinstance(shape, Items):
        return is_made_of_parts(bare(shape.item))
    if isinstance(shape, Table):
        return is_made_of_parts(bare(shape.value))
    return isinstance(shape, Object | ByValue | ByKey | Outside)


def is_required(record: type[Struct], path: Path) -> bool:
    """Say whether a record on the way to a place is nothing without it."""
    holder = shape_at(record, path[:-1])
    records = _records(bare(holder)) if holder is not None else []
    return any(field.required and field.key == path[-1] for one in records for field in fields_of(one))


def blanks(record: type[Struct], tree: object) -> list[Path]:
    """Return the places of required texts that are empty, in the order of the tree."""
    return list(_blanks(shape_of(record), tree, ()))


def _blanks(shape: Shape, tree: object, at: Path) -> Iterator[Path]:
    if isinstance(tree, dict):
        required = {field.key for one in _records(bare(shape)) for field in fields_of(one) if field.required}
        yield from ((*at, key) for key in tree if key in required and tree[key] == "")
        for key, value in tree.items():
            for inner in _inner(shape, key)[:1]:
                yield from _blanks(inner, value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            for inner in _inner(shape, index):
                yield from _blanks(inner, value, (*at, index))


def _records(shape: Shape) -> list[type[Struct]]:
    match shape:
        case Object():
            return [shape.record]
        case ByValue():
            return list(shape.records.values())
        case ByKey():
            return [record for option in shape.keys.values() for record in _records(option)]
        case _:
            return []


def fits(record: type[Struct], tree: object) -> bool:
    """Say whether plain data has the outline of a record: mappings, lists and single values where they belong."""
    return _fits(shape_of(record), tree)


def _fits(shape: Shape, tree: object) -> bool:
    match bare(shape):
        case Items():
            item = cast("Items", bare(shape)).item
            return isinstance(tree, list) and all(_fits(item, one) for one in tree)
        case Object() | ByValue() | ByKey() | Outside():
            return isinstance(tree, dict) and all(_fits_within(shape, key, value) for key, value in tree.items())
        case Table():
            value = cast("Table", bare(shape)).value
            return isinstance(tree, dict) and all(_fits(value, one) for one in tree.values())
        case _:
            return not isinstance(tree, dict)


def _fits_within(shape: Shape, key: object, value: object) -> bool:
    if str(key).startswith(":"):
        return isinstance(value, str)
    inner = _inner(shape, str(key))
    return any(_fits(one, value) for one in inner) if inner else not isinstance(value, dict | list)
