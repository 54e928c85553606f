"""Plain data from definitions, ready for YAML or JSON: what `build` reads back as the same value.

One rule: keys stand in the order of the definition, and what equals its default is left out.
Not here: the text of a file (`yaml`).
"""

from datetime import UTC, datetime, time, timedelta

from msgspec import Struct

from ensue.codec.durations import format_duration, format_offset
from ensue.codec.shapes import (
    ByKey,
    ByValue,
    Items,
    Maybe,
    Moment,
    Number,
    Object,
    Outside,
    Shape,
    Table,
    fields_of,
    shape_of,
    tag_of,
)


def dump(record: Struct) -> dict[str, object]:
    """Return a record as it stands in a file; a document begins with its `kind`."""
    kind = type(record)
    tag = tag_of(kind)
    if isinstance(shape_of(kind), Outside):
        return _outside(record)
    return ({tag[0]: tag[1]} if tag else {}) | _fields(record)


def _value(shape: Shape, value: object) -> object:
    match shape, value:
        case (_, None):
            return None
        case Maybe(), _:
            return _value(shape.inner, value)
        case Items(), tuple():
            return _value(shape.item, value[0]) if shape.lone and len(value) == 1 else _items(shape, value)
        case Table(), dict():
            return {str(key): _value(shape.value, item) for key, item in value.items()}
        case ((Object() | ByKey()), Struct()):
            return _fields(value)
        case Outside(), Struct():
            return _outside(value)
        case ByValue(), Struct():
            return dump(value)
        case Moment(), timedelta():
            return format_offset(value)
        case Number(), float():
            return int(value) if value.is_integer() else value
        case _:
            return _plain(value)


def _fields(record: Struct) -> dict[str, object]:
    data: dict[str, object] = {}
    for field in fields_of(type(record)):
        value: object = getattr(record, field.name)
        if field.inline and isinstance(value, Struct):
            data |= _outside(value)
        elif field.required or value != field.default:
            data[field.key] = _value(field.shape, value)
    return data


def _outside(record: Struct) -> dict[str, object]:
    return {str(record.__struct_config__.tag): _fields(record)}


def _items(shape: Items, values: tuple[object, ...]) -> list[object]:
    return [_value(shape.item, value) for value in values]


def _plain(value: object) -> object:
    match value:
        case datetime():
            return _instant(value)
        case time():
            return value.isoformat("seconds" if value.second else "minutes")
        case timedelta():
            return format_duration(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


def _instant(instant: datetime) -> str:
    if instant.tzinfo is None:
        return instant.isoformat()
    return instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
