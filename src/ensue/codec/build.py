"""Definitions from plain data, as YAML or JSON give it: everything that is wrong is found in one go.

One rule: the readers are made from the records' own types, so a new field needs nothing here.
Not here: what a launch still needs (`core.validation`), and where the data came from (`yaml`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import TypeVar, overload

from msgspec import Struct

from ensue.codec.findings import Findings, Path, listed, nearest, shown
from ensue.codec.scalars import DEEPEST, Reader, single_reader
from ensue.codec.shapes import (
    ByKey,
    ByValue,
    Choice,
    Clock,
    Either,
    Field,
    Flag,
    Instant,
    Items,
    Maybe,
    Number,
    Object,
    Outside,
    Shape,
    Span,
    Table,
    Text,
    Whole,
    fields_of,
    shape_of,
    tag_of,
)
from ensue.codec.words import words

T = TypeVar("T")

LOOKED_AT = 20
"""Keys among which a misspelt one is looked for."""


@overload
def build(kind: type[T], data: object, *, source: str = "") -> T: ...
@overload
def build(kind: object, data: object, *, source: str = "") -> object: ...
def build(kind: object, data: object, *, source: str = "") -> object:
    """Return the value of type `kind` (a record or a union of records) that plain data stands for.

    Raises `Rejected` with all problems; `source` names the file in them.
    """
    findings = Findings(source)
    value = read(kind, data, findings)
    findings.raise_if_any()
    return value


def read(kind: object, data: object, findings: Findings) -> object:
    """Return the value that data stands for; where that adds to the findings, the result means nothing."""
    return _reader_of(kind)(data, (), findings)


@lru_cache
def _reader_of(kind: object) -> Reader:
    return reader(shape_of(kind))


def reader(shape: Shape) -> Reader:
    """Return the reader of a shape."""
    match shape:
        case Items():
            return _items_reader(shape)
        case Table():
            return _table_reader(shape)
        case Maybe():
            return _maybe_reader(reader(shape.inner))
        case Either():
            return _either_reader(shape)
        case Object():
            return _object_reader(shape.record)
        case Outside():
            return _outside_reader(shape)
        case ByValue():
            return _by_value_reader(shape)
        case ByKey():
            return _by_key_reader(shape)
        case _:
            return single_reader(shape)


# ---------------------------------------------------------------- lists, mappings, nothing, either


def _items_reader(shape: Items) -> Reader:
    item = reader(shape.item)

    def read_items(data: object, at: Path, findings: Findings) -> object:
        if shape.lone and isinstance(data, str):
            return (item(data, at, findings),)
        if not isinstance(data, list | tuple):
            hint = "Write [] for none, or leave the key out." if data is None else "Write it as a list: [ … ]."
            return findings.add("wrong_type", at, f"expected a list, found {shown(data)}", hint)
        if len(data) < shape.least:
            return findings.add("wrong_length", at, f"needs at least {shape.least} items", "Add some.")
        if shape.most is not None and len(data) > shape.most:
            return findings.add("wrong_length", at, f"has {len(data)} items, at most {shape.most} are allowed")
        return tuple([item(part, (*at, index), findings) for index, part in enumerate(data)])

    return read_items


def _table_reader(shape: Table) -> Reader:
    key_reader, value_reader = reader(shape.key), reader(shape.value)

    def read_table(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, dict):
            return _no_mapping(data, at, findings)
        pairs = ((str(key), value) for key, value in data.items())
        return {
            key_reader(key, (*at, key), findings): value_reader(value, (*at, key), findings) for key, value in pairs
        }

    return read_table


def _maybe_reader(inner: Reader) -> Reader:
    def read_maybe(data: object, at: Path, findings: Findings) -> object:
        return None if data is None else inner(data, at, findings)

    return read_maybe


def _either_reader(shape: Either) -> Reader:
    """Try the readers that fit the kind of the value, the strictest first."""
    options = sorted(shape.options, key=lambda option: _STRICTNESS.get(type(option), 0))
    readers: dict[type, list[Reader]] = {}
    for option in options:
        for kind in _KINDS[type(option)]:
            readers.setdefault(kind, []).append(reader(option))
    expected = words(shape)

    def read_either(data: object, at: Path, findings: Findings) -> object:
        fitting = readers.get(type(data), ())
        if len(fitting) == 1:
            return fitting[0](data, at, findings)
        tries = [Findings() for _ in fitting]
        for attempt, read_option in zip(tries, fitting, strict=True):
            value = read_option(data, at, attempt)
            if not attempt.problems:
                return value
        hint = " ".join(dict.fromkeys(attempt.problems[0].hint for attempt in tries if attempt.problems[0].hint))
        return findings.add("wrong_value", at, f"expected {expected}, found {shown(data)}", hint)

    return read_either


_STRICTNESS: dict[type, int] = {Choice: -2, Instant: -1, Text: 1}
_KINDS: dict[type, tuple[type, ...]] = {
    Text: (str,),
    Whole: (int,),
    Number: (float,),
    Flag: (bool,),
    Choice: (str,),
    Instant: (str, datetime),
    Clock: (str, time),
    Span: (str, timedelta),
    Items: (list, tuple),
}


# ---------------------------------------------------------------- records


@cache
def _object_reader(record: type[Struct]) -> Reader:
    def read_object(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, dict):
            return _no_mapping(data, at, findings)
        if len(at) > DEEPEST:
            return findings.add("too_deep", at, "is nested too deeply")
        plan, before = _record_plan(record), len(findings.problems)
        values: dict[str, object] = {}
        meant: set[str | None] = set()
        for key, item in data.items():
            if key in plan.readers:
                name, read_field = plan.readers[key]
                values[name] = read_field(item, (*at, key), findings)
            elif key not in plan.beside:
                meant.add(_note_unknown_key(key, plan.known, at, findings))
            elif plan.tag and key == plan.tag[0] and item != plan.tag[1]:
                findings.add("wrong_value", (*at, key), f"expected {plan.tag[1]}, found {shown(item)}")
        for name, read_inline in () if meant & plan.beside else plan.inline:
            values[name] = read_inline({key: item for key, item in data.items() if key in plan.beside}, at, findings)
        _note_missing(plan, values, meant, at=at, findings=findings)
        return None if len(findings.problems) > before else record(**values)

    return read_object


class _Plan(Struct, frozen=True):
    """How a record is read: its fields by key, the keys that stand beside them, and what must be there."""

    readers: dict[str, tuple[str, Reader]]
    inline: tuple[tuple[str, Reader], ...]
    beside: frozenset[str]
    known: list[str]
    required: tuple[Field, ...]
    tag: tuple[str, str] | None


@cache
def _record_plan(record: type[Struct]) -> _Plan:
    fields, tag = fields_of(record), tag_of(record)
    keyed = [field for field in fields if not field.inline]
    inline = [field for field in fields if field.inline]
    beside = [key for field in inline if isinstance(field.shape, Outside) for key in field.shape.records]
    beside += [tag[0]] if tag else []
    return _Plan(
        readers={field.key: (field.name, reader(field.shape)) for field in keyed},
        inline=tuple((field.name, reader(field.shape)) for field in inline),
        beside=frozenset(beside),
        known=[*(field.key for field in keyed), *beside],
        required=tuple(field for field in keyed if field.required),
        tag=tag,
    )


def _note_missing(
    plan: _Plan, values: dict[str, object], meant: set[str | None], *, at: Path, findings: Findings
) -> None:
    """Note required keys that are absent, but not one that was misspelt: that has been said."""
    for field in plan.required:
        if field.name not in values and field.key not in meant:
            hint = f"Add {field.key}: it is {words(field.shape)}."
            findings.add("missing_key", (*at, field.key), f"missing key '{field.key}'", hint)


def _note_unknown_key(key: object, known: list[str], at: Path, findings: Findings) -> str | None:
    """Note a key that is not known; return the one that was probably meant."""
    meant = nearest(key, known)
    guess = f"; did you mean '{meant}'?" if meant else ""
    hint = f"Known keys: {listed(key, known)}." if known else "Nothing belongs in here."
    findings.add_key("unknown_key", (*at, str(key)), f"unknown key '{str(key)[:80]}'{guess}", hint)
    return meant


# ---------------------------------------------------------------- unions of records


def _outside_reader(shape: Outside) -> Reader:
    def read_outside(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, dict):
            is_tag = isinstance(data, str) and data in shape.records
            hint = f"Write {{{data}: {{}}}}." if is_tag else f"One of: {', '.join(shape.records)}."
            return findings.add("wrong_type", at, f"expected a mapping, found {shown(data)}", hint)
        tag = _only_key(shape, data, at, findings)
        if tag is None:
            return None
        for key in data:
            if key != tag:
                hint = f"Indent it, if it belongs to {tag}."
                findings.add_key("unknown_key", (*at, str(key)), f"unknown key '{key}' beside '{tag}'", hint)
        within = {} if data[tag] is None else data[tag]
        return _object_reader(shape.records[tag])(within, (*at, tag), findings)

    return read_outside


def _by_key_reader(shape: ByKey) -> Reader:
    def read_by_key(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, dict):
            return _no_mapping(data, at, findings)
        key = _only_key(shape, data, at, findings)
        if key is None:
            return None
        return _lazy(shape.keys[key])(data, at, findings)

    return read_by_key


def _by_value_reader(shape: ByValue) -> Reader:
    def read_by_value(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, dict):
            return _no_mapping(data, at, findings)
        if shape.key not in data:
            hint = f"One of: {', '.join(shape.records)}."
            return _note_no_key([shape.key], _fields_of_all(shape.records.values()), data, at, findings, hint=hint)
        value = data[shape.key]
        if not isinstance(value, str) or value not in shape.records:
            hint = f"One of: {listed(value, shape.records)}."
            return findings.add("wrong_value", (*at, shape.key), f"{shown(value)} is not allowed here", hint)
        return _object_reader(shape.records[value])(data, at, findings)

    return read_by_value


def _lazy(shape: Object | ByValue) -> Reader:
    return _object_reader(shape.record) if isinstance(shape, Object) else _by_value_reader(shape)


def _only_key(shape: Outside | ByKey, data: dict[object, object], at: Path, findings: Findings) -> str | None:
    """Return the one key that tells which record it is; note where there is none, or several."""
    known = list(shape.records if isinstance(shape, Outside) else shape.keys)
    present = [key for key in known if key in data]
    if len(present) == 1:
        return present[0]
    hint = f"Give one of: {', '.join(known)}."
    if present:
        findings.add("ambiguous", at, f"has {' and '.join(present)} at once", hint)
    else:
        others = set() if isinstance(shape, Outside) else _fields_of_all(_records_of(shape))
        _note_no_key(known, others, data, at, findings, hint=hint)
    return None


def _note_no_key(
    known: list[str], others: set[str], data: dict[object, object], at: Path, findings: Findings, *, hint: str
) -> object:
    """Note that none of the known keys is there, or the one that was misspelt; `others` are right where they are."""
    for key in islice(data, LOOKED_AT):
        if key not in others and (meant := nearest(key, known)):
            message = f"unknown key '{key}'; did you mean '{meant}'?"
            return findings.add_key("unknown_key", (*at, str(key)), message, hint)
    if len(known) == 1:
        return findings.add("missing_key", (*at, known[0]), f"missing key '{known[0]}'", hint)
    return findings.add("missing_key", at, "it is not clear what this is", hint)


def _records_of(shape: ByKey) -> Iterator[type[Struct]]:
    for option in shape.keys.values():
        yield from (option.record,) if isinstance(option, Object) else option.records.values()


def _fields_of_all(records: Iterable[type[Struct]]) -> set[str]:
    return {key for record in records for key in record.__struct_encode_fields__}


def _no_mapping(data: object, at: Path, findings: Findings) -> object:
    hint = "Write {} for none, or leave the key out." if data is None else "Write it as keys and values."
    return findings.add("wrong_type", at, f"expected a mapping, found {shown(data)}", hint)
