"""What a type looks like in a file: the few shapes that all definitions are made of.

One rule: a shape is a plain value, found once per type; `build`, `dump` and `schema` are three readings of it.
Not here: anything about the data itself.
"""

from datetime import datetime, time, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, Struct, UnsetType

from ensue.core.records import Delivery, Scheduled

LOCAL_TIMES = frozenset({(Scheduled, "at")})
"""The fields that take a time without an offset: it is local to the zone beside it."""


class Text(Struct, frozen=True):
    """A text, perhaps of a pattern (a regular expression for the whole of it)."""

    pattern: str | None = None


class Whole(Struct, frozen=True):
    """A whole number within bounds, both included."""

    ge: float | None = None
    le: float | None = None


class Number(Struct, frozen=True):
    """A number within bounds, both included."""

    ge: float | None = None
    le: float | None = None


class Flag(Struct, frozen=True):
    """True or false."""


class Choice(Struct, frozen=True):
    """One of the given values."""

    values: tuple[str | bool, ...]


class Instant(Struct, frozen=True):
    """A date with a clock time; without an offset only where it is `local`."""

    local: bool = False


class Moment(Struct, frozen=True):
    """A timestamp, or an offset such as `+1h` from the start of a scenario."""


class Clock(Struct, frozen=True):
    """A clock time, `09:00`."""


class Span(Struct, frozen=True):
    """A duration, `3 days`."""


class Anything(Struct, frozen=True):
    """Any JSON value."""


class Items(Struct, frozen=True):
    """A list; where `lone`, a single item may stand without the list around it."""

    item: "Shape"
    least: int = 0
    most: int | None = None
    lone: bool = False


class Table(Struct, frozen=True):
    """A mapping whose keys are the writer's own."""

    key: "Shape"
    value: "Shape"


class Maybe(Struct, frozen=True):
    """A shape, or nothing."""

    inner: "Shape"


class Either(Struct, frozen=True):
    """One of several shapes, told apart by the kind of the value."""

    options: tuple["Shape", ...]


class Object(Struct, frozen=True):
    """A record: a mapping with the record's keys."""

    record: type[Struct]


class Outside(Struct, frozen=True):
    """One of several records, each under its tag: `make_purchase: {…}`."""

    records: dict[str, type[Struct]]


class ByValue(Struct, frozen=True):
    """One of several records, told apart by the value of a key: `type: action_based`."""

    key: str
    records: dict[str, type[Struct]]


class ByKey(Struct, frozen=True):
    """One of several records, told apart by the key that is there: `after: 1 day`."""

    keys: dict[str, "Object | ByValue"]


Single: TypeAlias = Text | Whole | Number | Flag | Choice | Instant | Moment | Clock | Span | Anything
Shape: TypeAlias = Single | Items | Table | Maybe | Either | Object | Outside | ByValue | ByKey


class Field(Struct, frozen=True):
    """One field of a record: its name in code, its key in a file, and what it holds.

    An `inline` field has no key of its own: its tag stands beside the other keys.
    """

    name: str
    key: str
    shape: Shape
    required: bool
    default: object = None
    inline: bool = False


@cache
def fields_of(record: type[Struct]) -> tuple[Field, ...]:
    """Return the fields of a record in the order of its definition.

    Of a record that inherits fields, the required ones come first: they say what it is.
    """
    fields = [_field(record, info) for info in _infos(record)]
    inherits = any(getattr(base, "__struct_fields__", ()) for base in record.__bases__)
    return tuple(sorted(fields, key=lambda field: inherits and not field.required))


@cache
def tag_of(record: type[Struct]) -> tuple[str, str] | None:
    """Return the key and the value by which a record is known from inside, such as `kind` and `card`."""
    config = record.__struct_config__
    if config.tag is None or config.tag_field is None or is_outside(record):
        return None
    return config.tag_field, str(config.tag)


def is_outside(record: type[Struct]) -> bool:
    """Say whether a record is written under its tag (its definition cannot say so: `type` is the default)."""
    config = record.__struct_config__
    return config.tag is not None and config.tag_field == "type" and record not in get_args(Delivery)


def shape_of(hint: object, *, local: bool = False) -> Shape:
    """Return the shape of a type; `local` allows times without an offset."""
    hint, meta = _bare(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Union or origin is UnionType:
        return Moment() if _extra(meta, "moment") else _union(arguments, local=local)
    if origin is tuple:
        return Items(shape_of(arguments[0]), meta.min_length or 0, meta.max_length, lone=_extra(meta, "one_or_many"))
    if origin is dict:
        return Table(shape_of(arguments[0]), shape_of(arguments[1]))
    if origin is Literal:
        return Choice(arguments)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _records([hint])
    return _scalar(hint, meta, local=local)


def _scalar(hint: object, meta: Meta, *, local: bool) -> Shape:
    scalars: dict[object, Shape] = {
        str: Text(meta.pattern),
        int: Whole(meta.ge, meta.le),
        float: Number(meta.ge, meta.le),
        bool: Flag(),
        datetime: Instant(local=local),
        time: Clock(),
        timedelta: Span(),
        Any: Anything(),
    }
    return scalars[hint]


def _union(members: tuple[object, ...], *, local: bool) -> Shape:
    present = [member for member in members if member not in (NoneType, UnsetType)]
    shape = _alternatives(present, local=local)
    return Maybe(shape) if NoneType in members else shape


def _alternatives(members: list[object], *, local: bool) -> Shape:
    records = [member for member in members if isinstance(member, type) and issubclass(member, Struct)]
    if records:
        return _records(records)
    if len(members) == 1:
        return shape_of(members[0], local=local)
    return Either(tuple(shape_of(member, local=local) for member in members))


def _records(records: list[type[Struct]]) -> Shape:
    if is_outside(records[0]):
        return Outside({str(record.__struct_config__.tag): record for record in records})
    if len(records) == 1:
        return Object(records[0])
    tags = [tag_of(record) for record in records]
    if tags[0]:
        return ByValue(tags[0][0], {tag[1]: record for tag, record in zip(tags, records, strict=True) if tag})
    return _by_key(records)


def _by_key(records: list[type[Struct]]) -> ByKey:
    """Tell records apart by a `Literal` that several share, or else by a required key that no other has."""
    shared = _shared_choice(records)
    lone = [record for record in records if not shared or record not in shared.records.values()]
    keys: dict[str, Object | ByValue] = {_own_key(record, lone): Object(record) for record in lone}
    return ByKey(keys | {shared.key: shared} if shared else keys)


def _shared_choice(records: list[type[Struct]]) -> ByValue | None:
    choices: dict[str, list[tuple[str, type[Struct]]]] = {}
    for record in records:
        for info in _infos(record):
            if info.required and get_origin(info.type) is Literal:
                choices.setdefault(info.encode_name, []).extend((value, record) for value in get_args(info.type))
    for key, pairs in choices.items():
        members = dict(pairs)
        if len(set(members.values())) > 1 and len(members) == len(pairs):
            return ByValue(key, members)
    return None


def _own_key(record: type[Struct], records: list[type[Struct]]) -> str:
    others = {info.encode_name for other in records if other is not record for info in _infos(other)}
    return next(info.encode_name for info in _infos(record) if info.required and info.encode_name not in others)


@cache
def _infos(record: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(record)


def _field(record: type[Struct], info: msgspec.structs.FieldInfo) -> Field:
    default = info.default if info.default_factory is NODEFAULT else info.default_factory()
    return Field(
        name=info.name,
        key=info.encode_name,
        shape=shape_of(info.type, local=(record, info.name) in LOCAL_TIMES),
        required=info.required,
        default=UNSET if default is NODEFAULT else default,
        inline=_extra(_bare(info.type)[1], "inline"),
    )


def _bare(hint: object) -> tuple[object, Meta]:
    if get_origin(hint) is not Annotated:
        return hint, Meta()
    bare, *notes = get_args(hint)
    return bare, next((note for note in notes if isinstance(note, Meta)), Meta())


def _extra(meta: Meta, name: str) -> bool:
    return bool(meta.extra and meta.extra.get(name))
