"""Single values between plain data and the fields of a form.

One rule: what a field shows, read again, is the same value; one that nobody touched is left as it is (`filling`).
Numbers and truth values of attributes are written bare; a text that looks like one stands in quotes.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ensue.codec.shapes import Either, Flag, Instant, Items, Number, Shape, Table, Whole
from ensue.web.dashboard.forms.places import bare

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,18}|[0-9]{0,18}\.[0-9]{1,18}|[0-9]{1,18}\.)")
_TRUTH = {"true": True, "false": False}
_SPLIT = re.compile(r"[,\n]")


def shown(shape: Shape | None, value: object, zone: ZoneInfo) -> str:
    """Return the text of a field that shows a value, "" for none."""
    kind = bare(shape) if shape is not None else None
    match value, kind:
        case None, _:
            return ""
        case str(), Instant(local=local):
            return _shown_instant(value, zone, local=local)
        case str(), Either() if _is_moment(kind):
            return "" if value == "launch" else _shown_instant(value, zone, local=True)
        case str(), Either():
            return scalar_text(value)
        case bool(), _:
            return "true" if value else "false"
        case list(), _:
            return ", ".join(str(item) for item in value)
        case dict(), _:
            return "\n".join(f"{key}: {item}" for key, item in value.items())
        case _:
            return str(value)


def taken(shape: Shape | None, text: str, zone: ZoneInfo) -> object:
    """Return the plain value that a field's text stands for, `None` for an empty one; a wrong one stays a text."""
    kind = bare(shape) if shape is not None else None
    if not text.strip():
        return None
    match kind:
        case Whole() | Number():
            return _number(text.strip())
        case Flag():
            return _TRUTH.get(text.strip().lower(), text)
        case Instant(local=local):
            return _instant(text.strip(), zone, local=local)
        case Items():
            return [_item(kind.item, part.strip()) for part in _SPLIT.split(text) if part.strip()]
        case Table():
            return _table(text)
        case Either() if _is_moment(kind):
            return _instant(text.strip(), zone, local=True)
        case Either():
            return scalar(text)
        case _:
            return text


def _is_moment(shape: Shape | None) -> bool:
    """Say whether it is the time of a schedule, which a form chooses apart from "at launch"."""
    return isinstance(shape, Either) and Instant(local=True) in shape.options


def scalar(text: str) -> str | int | float | bool:
    """Return the value that a text stands for: a number, a truth value, or a text, perhaps in quotes."""
    bare_text = text.strip()
    if bare_text.lower() in _TRUTH:
        return _TRUTH[bare_text.lower()]
    number = _number(bare_text)
    if not isinstance(number, str):
        return number
    if len(bare_text) > 1 and bare_text[0] == bare_text[-1] == '"':
        return bare_text[1:-1]
    return text


def scalar_text(value: object) -> str:
    """Write a value so that `scalar` reads it again."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (not isinstance(scalar(value), str) or scalar(value) != value or not value.strip()):
        return f'"{value}"'
    return str(value)


def _number(text: str) -> int | float | str:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _item(shape: Shape, text: str) -> object:
    return _number(text) if isinstance(shape, Either) else text


def _table(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _shown_instant(value: str, zone: ZoneInfo, *, local: bool) -> str:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    if instant.tzinfo is None:
        return instant.isoformat(timespec="minutes") if local else value
    return instant.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")


def _instant(text: str, zone: ZoneInfo, *, local: bool) -> object:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    if local and instant.tzinfo is None:
        return instant.isoformat()
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    except OverflowError:
        return text
