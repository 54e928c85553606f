"""A form that was sent, worked into the definition it belongs to; and what its buttons ask for.

One rule: lists travel with their page (`…:base`), so that a row is the same row again after others came or went;
everything else is filled into what is saved.
"""

from collections.abc import Mapping
from copy import deepcopy
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from ensue.codec.findings import written
from ensue.errors import Problem
from ensue.web.dashboard.forms import filters
from ensue.web.dashboard.forms.filling import Submitted, filled
from ensue.web.dashboard.forms.paths import Path, drop, find, parse, put
from ensue.web.dashboard.forms.places import blanks, fits
from ensue.web.dashboard.forms.rows import add_row

BASE = ":base"


def worked(record: type[Struct], saved: Mapping[str, object], form: Submitted, zone: ZoneInfo) -> dict[str, object]:
    """Return the plain data of a record with all that a form brings."""
    tree = filled(record, _begun(record, saved, form), form, zone)
    filters.regrouped(tree, form)
    return tree


def rearranged(tree: dict[str, object], form: Submitted) -> bool:
    """Add or remove in place the row or filter that a button asks for; say whether one did."""
    verb, _, place = (form.get("do") or [""])[-1].partition(" ")
    path = parse(place)
    if not path or verb not in ("add", "remove"):
        return False
    if filters.ROOT in path:
        _rearrange_filters(tree, verb, place, form)
    elif verb == "add":
        add_row(tree, path, _kind(form, place))
    else:
        drop(tree, path)
    return True


def untold(record: type[Struct], tree: object, saved: object) -> list[Problem]:
    """Return a problem for each required text that is empty, and was not saved so before."""
    return [_missing(path) for path in blanks(record, tree) if find(saved, path) != ""]


def _begun(record: type[Struct], saved: Mapping[str, object], form: Submitted) -> dict[str, object]:
    tree = deepcopy(dict(saved))
    for name in form:
        if name.endswith(BASE):
            _begin(tree, parse(name.removesuffix(BASE)), form[name][-1])
    return tree if fits(record, tree) else deepcopy(dict(saved))


def _begin(tree: dict[str, object], path: Path, text: str) -> None:
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return
    if value is None:
        drop(tree, path)
    else:
        put(tree, path, value)


def _rearrange_filters(tree: dict[str, object], verb: str, place: str, form: Submitted) -> None:
    if verb == "add":
        filters.added(tree, place, _kind(form, place))
    else:
        filters.removed(tree, place)


def _kind(form: Submitted, place: str) -> str:
    return (form.get(f"{place}:add") or [""])[-1]


def _missing(path: Path) -> Problem:
    return Problem(code="missing_key", path=written(path), message="nothing is chosen here yet", hint="Fill it in.")
