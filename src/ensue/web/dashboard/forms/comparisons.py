"""Comparisons in forms: rows of an operator and a value, and rows of a property beside them.

One rule: rows that nobody touched leave the comparison as it is; a row without an operator, or a property, is none.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from ensue.codec.shapes import Instant, Number
from ensue.web.dashboard.forms.values import scalar, scalar_text, shown, taken

Row = tuple[str, str]
OPERATORS: dict[str, str] = {
    "is": "is",
    "is_not": "is not",
    "any_of": "is any of",
    "none_of": "is none of",
    "contains": "contains",
    "matches": "matches the pattern",
    "exists": "is known",
    "missing": "is not known",
    "more_than": "is more than",
    "at_least": "is at least",
    "less_than": "is less than",
    "at_most": "is at most",
    "before": "is before",
    "after": "is after",
    "within_last": "is within the last",
    "not_within_last": "is not within the last",
    "includes": "is a list with",
    "includes_none": "is a list with none of",
}
COUNTING = ("at_least", "at_most", "more_than", "less_than", "is", "is_not")
TIMING = ("within_last", "not_within_last", "before", "after")
VALUELESS = ("exists", "missing")
_LISTS = ("any_of", "none_of", "includes_none")
_NUMBERS = ("more_than", "at_least", "less_than", "at_most")
_TEXTS = ("contains", "matches", "within_last", "not_within_last")


def rows_of(comparison: object, zone: ZoneInfo) -> list[Row]:
    """Return the rows that show a comparison as it stands in a file; other keys beside it are no operators."""
    if not isinstance(comparison, Mapping):
        return []
    return [
        _row(operator, value, zone)
        for operator, value in comparison.items()
        if operator in OPERATORS and operator != "missing"
    ]


def compared(rows: Sequence[Row], before: object, zone: ZoneInfo) -> dict[str, object]:
    """Return the comparison that rows stand for; a row as it was shown keeps its value."""
    kept = {}
    if isinstance(before, Mapping):
        kept = {one_line(_row(name, value, zone)): value for name, value in before.items() if name in OPERATORS}
    found: dict[str, object] = {}
    for operator, text in rows:
        key = "exists" if operator == "missing" else operator
        if key in OPERATORS:
            found[key] = kept.get(one_line((operator, text)), _value(operator, text, zone))
    return found


def one_line(row: Row) -> Row:
    """Return a row as a browser sends it: a field of one line has no ends of lines."""
    return row[0], joined(row[1])


def joined(text: str) -> str:
    """Return a text as a field of one line sends it."""
    return text.replace("\r", "").replace("\n", "")


def _row(operator: str, value: object, zone: ZoneInfo) -> Row:
    if operator == "exists":
        return ("exists" if value is True else "missing", "")
    return operator, _text(operator, value, zone)


def _text(operator: str, value: object, zone: ZoneInfo) -> str:
    if value == "":
        return ""
    if operator in ("before", "after"):
        return shown(Instant(), value, zone)
    if isinstance(value, list):
        inner = ", ".join(scalar_text(item) for item in value)
        return inner if operator in _LISTS else f"[{inner}]"
    return str(value) if operator in _TEXTS or operator in _NUMBERS else scalar_text(value)


def _value(operator: str, text: str, zone: ZoneInfo) -> object:
    if operator in VALUELESS:
        return operator == "exists"
    if operator in _LISTS:
        return _scalars(text)
    if operator in _NUMBERS:
        number = taken(Number(), text, zone)
        return "" if number is None else number
    if operator in ("before", "after"):
        return taken(Instant(), text, zone) or ""
    if operator in _TEXTS:
        return text
    if operator in ("is", "is_not") and text.startswith("[") and text.endswith("]"):
        return _scalars(text[1:-1])
    return scalar(text)


def _scalars(text: str) -> list[object]:
    return [scalar(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip()]
