"""JSON Schemas (2020-12) of the documents, so that editors complete them and mark what is wrong.

One rule: a schema is made from the same shapes that `build` reads, and accepts what `build` accepts.
Not here: what lies beyond the form: ids that exist, shares that add up (`scenario.check`, `core.validation`).
"""

from inspect import getdoc
from typing import TypeAlias, assert_never

from msgspec import Struct

from ensue.codec.documents import KINDS, Kind
from ensue.codec.durations import PATTERN as SPAN_PATTERN
from ensue.codec.scalars import CLOCK_PATTERN, INSTANT_PATTERN
from ensue.codec.shapes import (
    Anything,
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
    Moment,
    Number,
    Object,
    Outside,
    Shape,
    Single,
    Span,
    Table,
    Text,
    Whole,
    fields_of,
    tag_of,
)

Schema: TypeAlias = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
AWARE_PATTERN = INSTANT_PATTERN.replace("(?:Z|[+-][0-9]{2}:[0-9]{2})?$", "(?:Z|[+-][0-9]{2}:[0-9]{2})$")
OFFSET_PATTERN = SPAN_PATTERN.replace("^", r"^\+", 1)


def schema(kind: Kind) -> Schema:
    """Return the JSON Schema of a kind of document."""
    record = KINDS[kind]
    definitions: dict[type[Struct], Schema] = {}
    reference = _object(record, definitions)
    return {
        "$schema": DIALECT,
        "title": record.__name__,
        **reference,
        "required": ["kind"],
        "$defs": {
            found.__name__: definitions[found] for found in sorted(definitions, key=lambda found: found.__name__)
        },
    }


def _schema(shape: Shape, definitions: dict[type[Struct], Schema]) -> Schema:
    match shape:
        case Items():
            items = {"type": "array", "items": _schema(shape.item, definitions)} | _bounds(shape)
            return {"anyOf": [_schema(shape.item, definitions), items]} if shape.lone else items
        case Table():
            keys = _schema(shape.key, definitions)
            names: Schema = {} if keys == {"type": "string"} else {"propertyNames": keys}
            return names | {"type": "object", "additionalProperties": _schema(shape.value, definitions)}
        case Maybe():
            return {"anyOf": [_schema(shape.inner, definitions), {"type": "null"}]}
        case Either():
            return {"anyOf": [_schema(option, definitions) for option in shape.options]}
        case Object():
            return _object(shape.record, definitions)
        case Outside():
            tags = _tags(shape, definitions)
            closed: Schema = {"additionalProperties": False, "minProperties": 1, "maxProperties": 1}
            return {"type": "object", "properties": tags} | closed
        case ByValue():
            records = dict.fromkeys(shape.records.values())
            return {"oneOf": [_object(record, definitions) | {"required": [shape.key]} for record in records]}
        case ByKey():
            return {"oneOf": [_schema(option, definitions) for option in shape.keys.values()]}
        case _:
            return _single(shape)


def _single(shape: Single) -> Schema:
    match shape:
        case Text():
            return {"type": "string", "pattern": shape.pattern} if shape.pattern else {"type": "string"}
        case Whole() | Number():
            limits = {"minimum": shape.ge, "maximum": shape.le}
            kind = "integer" if isinstance(shape, Whole) else "number"
            return {"type": kind, **{key: limit for key, limit in limits.items() if limit is not None}}
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return {"const": shape.values[0]} if len(shape.values) == 1 else {"enum": list(shape.values)}
        case Instant():
            return {"type": "string", "pattern": INSTANT_PATTERN if shape.local else AWARE_PATTERN}
        case Moment():
            return {"type": "string", "pattern": f"{OFFSET_PATTERN}|{AWARE_PATTERN}"}
        case Clock():
            return {"type": "string", "pattern": CLOCK_PATTERN}
        case Span():
            return {"type": "string", "pattern": SPAN_PATTERN}
        case Anything():
            return {}
        case _:
            assert_never(shape)


def _object(record: type[Struct], definitions: dict[type[Struct], Schema]) -> Schema:
    """Define a record once; return a reference to it."""
    if record not in definitions:
        definitions[record] = {}  # a record may hold itself
        definitions[record] = _definition(record, definitions)
    return {"$ref": f"#/$defs/{record.__name__}"}


def _definition(record: type[Struct], definitions: dict[type[Struct], Schema]) -> Schema:
    fields, tag = fields_of(record), tag_of(record)
    properties: Schema = {tag[0]: {"const": tag[1]}} if tag else {}
    rules: Schema = {"additionalProperties": False}
    for field in fields:
        if isinstance(field.shape, Outside) and field.inline:
            properties |= _tags(field.shape, definitions)
            rules["oneOf"] = [{"required": [key]} for key in field.shape.records]
        else:
            properties[field.key] = _property(field, definitions)
    required = [field.key for field in fields if field.required and not field.inline]
    rules |= {"required": required} if required else {}
    return {"description": _description(record), "type": "object", "properties": properties, **rules}


def _property(field: Field, definitions: dict[type[Struct], Schema]) -> Schema:
    plain = isinstance(field.default, str | int | float) and not field.required
    return _schema(field.shape, definitions) | ({"default": field.default} if plain else {})


def _tags(shape: Outside, definitions: dict[type[Struct], Schema]) -> Schema:
    return {tag: _tagged(record, definitions) for tag, record in shape.records.items()}


def _tagged(record: type[Struct], definitions: dict[type[Struct], Schema]) -> Schema:
    """Describe what stands under a tag; nothing at all counts as an empty mapping."""
    reference = _object(record, definitions)
    if any(field.required for field in fields_of(record)):
        return reference
    return {"anyOf": [reference, {"type": "null"}]}


def _bounds(shape: Items) -> Schema:
    least: Schema = {"minItems": shape.least} if shape.least else {}
    return least | ({"maxItems": shape.most} if shape.most is not None else {})


def _description(record: type[Struct]) -> str:
    paragraph = (getdoc(record) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())
