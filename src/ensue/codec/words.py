"""What a shape looks like, in the words of a message.

One rule: the words fit after "expected" and after "it is".
Not here: what was found instead (`findings.shown`).
"""

from ensue.codec.findings import shown
from ensue.codec.shapes import (
    Anything,
    Choice,
    Clock,
    Either,
    Flag,
    Instant,
    Items,
    Maybe,
    Moment,
    Number,
    Outside,
    Shape,
    Span,
    Text,
    Whole,
)

_WORDS: dict[type, str] = {
    Text: "a text",
    Whole: "a whole number",
    Number: "a number",
    Flag: "true or false",
    Instant: "a timestamp",
    Moment: "an offset such as +1h, or a timestamp",
    Clock: "a clock time",
    Span: "a duration",
    Anything: "any value",
    Items: "a list",
}


def words(shape: Shape) -> str:
    """Say in a few words what a shape looks like."""
    match shape:
        case Maybe():
            return words(shape.inner)
        case Either():
            return _or([words(option) for option in shape.options])
        case Choice():
            values = [shown(value) if isinstance(value, bool) else value for value in shape.values]
            return ", ".join(values) if len(values) == 1 else "one of " + ", ".join(values)
        case Outside():
            return "one of " + ", ".join(shape.records)
        case _:
            return _WORDS.get(type(shape), "a mapping")


def _or(options: list[str]) -> str:
    """Join options; a whole number is also a number."""
    needed = [option for option in options if option != "a whole number" or "a number" not in options]
    *most, last = dict.fromkeys(needed)
    return f"{', '.join(most)} or {last}" if most else last
