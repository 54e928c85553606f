"""What a form brings, filled into the plain data that the form was made from.

One rule: a field that still shows what is there changes nothing, so what a form cannot show exactly stays exactly.
A field is named as its place is written. Behind the name may stand, after a colon, what it is besides a value:
`:op` and `:value` (rows of a comparison), `:property` (whose property they compare), and choices that only forms know.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from zoneinfo import ZoneInfo

from msgspec import Struct

from ensue.codec.durations import parse_duration
from ensue.codec.shapes import Flag, Items, Shape, Span, Table
from ensue.web.dashboard.forms.comparisons import OPERATORS, Row, compared, joined, one_line, rows_of
from ensue.web.dashboard.forms.paths import MARK, Path, drop, find, parse, put
from ensue.web.dashboard.forms.places import bare, is_made_of_parts, is_required, shape_at
from ensue.web.dashboard.forms.values import shown, taken

Submitted = Mapping[str, Sequence[str]]
"""What a browser sends: the values of each name, in the order of the page."""
_ROWS = ("op", "value", "property")
_ELSEWHERE = ("base", "add", "mode", "not")
"""What `working` and `filters` read themselves."""


def filled(record: type[Struct], base: Mapping[str, object], form: Submitted, zone: ZoneInfo) -> dict[str, object]:
    """Return the plain data of a record with what the form brings; `base` is what the form was made from."""
    tree = deepcopy(dict(base))
    for name, values in form.items():
        place, _, mark = name.partition(MARK)
        path = parse(place)
        if not path or mark in _ROWS or mark in _ELSEWHERE:
            continue
        if mark:
            _choose(tree, path, mark, values[-1])
        else:
            _fill(record, tree, path, values, zone=zone)
    for name in form:
        if name.endswith(":op"):
            _compare(record, tree, parse(name.removesuffix(":op")), form, zone=zone)
    return tree


def same_text(one: str, other: str) -> bool:
    """Say whether a text came back as it was shown, by a browser that has its own mind about the ends of lines."""
    return _lines(other) in (_lines(one), joined(one))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _choose(tree: object, path: Path, mark: str, value: str) -> None:
    if value:
        put(tree, (*path, MARK + mark), value)
    else:
        drop(tree, (*path, MARK + mark))


def _fill(record: type[Struct], tree: object, path: Path, values: Sequence[str], *, zone: ZoneInfo) -> None:
    shape = shape_at(record, path)
    kind = bare(shape) if shape is not None else None
    if kind is None or is_made_of_parts(kind):
        return
    text = _joined(kind, values)
    before = find(tree, path)
    if _is_unchanged(kind, shown(shape, before, zone), text):
        return
    value = taken(shape, _lines(text), zone)
    if value is not None:
        put(tree, path, value)
    elif is_required(record, path):
        put(tree, path, "")
    else:
        drop(tree, path)


def _joined(kind: Shape | None, values: Sequence[str]) -> str:
    """Join the values of one name: the parts of a duration, the ticked ones of a list; else the last counts."""
    match kind:
        case Span():
            amount = values[0].strip()
            return " ".join((amount, *values[1:])).strip() if amount else ""
        case Items():
            return ", ".join(value for value in values if value.strip())
        case _:
            return values[-1]


def _is_unchanged(kind: Shape | None, before: str, text: str) -> bool:
    if isinstance(kind, Span) and before and text:
        return _is_same_span(before, text)
    if isinstance(kind, Flag):
        return (before or "false") == (text or "false") and bool(before) >= bool(text)
    if isinstance(kind, Items):
        return same_text(before, text) or _parts(before) == _parts(text)
    if isinstance(kind, Table):
        return _lines(before).strip() == _lines(text).strip()
    return same_text(before, text)


def _parts(text: str) -> set[str]:
    """Return the items of a list; their order, and how often one stands there, is nothing that a form shows."""
    return {part.strip() for part in text.replace("\n", ",").split(",") if part.strip()}


def _is_same_span(one: str, other: str) -> bool:
    try:
        return parse_duration(one) == parse_duration(other)
    except ValueError:
        return one == other


def _compare(record: type[Struct], tree: object, path: Path, form: Submitted, *, zone: ZoneInfo) -> None:
    """Fill in the rows of a comparison, or of a table of them."""
    shape = shape_at(record, path)
    if shape is None:
        return
    name = _name_of(path, form)
    rows = list(zip(form[f"{name}:op"], form.get(f"{name}:value", ()), strict=False))
    if isinstance(bare(shape), Table):
        _compare_each(tree, path, list(zip(form.get(f"{name}:property", ()), rows, strict=False)), zone)
        return
    before, wanted = find(tree, path), [row for row in rows if row[0]]
    if _is_shown(before, wanted, zone):
        return
    beside = {key: value for key, value in before.items() if key not in OPERATORS} if isinstance(before, dict) else {}
    comparison = compared(wanted, before, zone)
    if comparison or beside:
        put(tree, path, beside | comparison)
    else:
        drop(tree, path)


def _name_of(path: Path, form: Submitted) -> str:
    return next(name.removesuffix(":op") for name in form if name.endswith(":op") and parse(name[:-3]) == path)


def _compare_each(tree: object, path: Path, rows: Sequence[tuple[str, Row]], zone: ZoneInfo) -> None:
    """Fill in rows that each name a property; rows of one property make one comparison."""
    before = find(tree, path)
    known = before if isinstance(before, dict) else {}
    names = {joined(name): name for name in known}
    found: dict[str, list[Row]] = {name: [] for name in known if not name.strip()}
    for name, row in rows:
        if name.strip():
            found.setdefault(names.get(joined(name), name.strip()), []).append(row)
    after: dict[str, object] = {}
    for name, wanted in found.items():
        old, operators = known.get(name), [row for row in wanted if row[0]]
        is_kept = old is not None and (not name.strip() or _is_shown(old, operators, zone))
        after[name] = old if is_kept else compared(operators, old, zone)
    if after:
        put(tree, path, after)
    else:
        drop(tree, path)


def _is_shown(comparison: object, rows: Sequence[Row], zone: ZoneInfo) -> bool:
    return [one_line(row) for row in rows_of(comparison, zone)] == [one_line(row) for row in rows]
