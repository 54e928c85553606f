"""What a template asks of a form: the text of a field, its problems, the rows of a comparison.

One rule: a form is shown from the plain data it stands for, right or wrong, and every field is named by its place.
"""

import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from ensue.codec.shapes import Choice, Either
from ensue.errors import Problem
from ensue.services.terms import capital
from ensue.web.dashboard.forms.comparisons import Row, rows_of
from ensue.web.dashboard.forms.filters import Box, outline
from ensue.web.dashboard.forms.paths import MARK, find, parse
from ensue.web.dashboard.forms.places import bare, shape_at
from ensue.web.dashboard.forms.values import shown

_SPAN = re.compile(r"([0-9]+) (second|minute|hour|day|week)s?")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be chosen: its id, how it is called, and its status where it has one."""

    id: str
    name: str
    status: str = ""

    @property
    def label(self) -> str:
        """Return what a menu shows."""
        return (self.name or self.id) + (f" ({self.status})" if self.status not in ("", "active") else "")


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen in forms: definitions, and the names of attributes, events and products known so far."""

    campaigns: tuple[Named, ...] = ()
    cards: tuple[Named, ...] = ()
    segments: tuple[Named, ...] = ()
    attributes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A form over plain data of a record; instants are shown in `zone`."""

    record: type[msgspec.Struct]
    tree: Mapping[str, object]
    zone: ZoneInfo
    problems: Sequence[Problem] = ()
    words: Vocabulary = Vocabulary()

    def at(self, path: str) -> object:
        """Return the plain value at a path, or `None`."""
        return find(self.tree, parse(path))

    def text(self, path: str) -> str:
        """Return what a field at a path shows."""
        parts = parse(path)
        return shown(shape_at(self.record, parts), find(self.tree, parts), self.zone)

    def json(self, path: str) -> str:
        """Return what stands at a path as a form takes it along, for the next page to begin from."""
        return msgspec.json.encode(self.at(path)).decode()

    def mark(self, path: str, name: str) -> str:
        """Return what was chosen beside a place, "" for nothing."""
        value = find(self.tree, (*parse(path), MARK + name))
        return value if isinstance(value, str) else ""

    def values(self, path: str) -> list[str]:
        """Return a list of single values as texts."""
        value = self.at(path)
        return [str(one) for one in value] if isinstance(value, list) else []

    def items(self, path: str) -> list[str]:
        """Return the paths of the items of a list."""
        value = self.at(path)
        return [f"{path}[{index}]" for index in range(len(value))] if isinstance(value, list) else []

    def tag(self, path: str) -> str:
        """Return the tag under which a record stands, the first key that is neither a mark nor beside it."""
        value = self.at(path)
        keys = [str(key) for key in value if isinstance(value[key], dict)] if isinstance(value, dict) else []
        return keys[0] if keys else ""

    def span(self, path: str) -> tuple[str, str]:
        """Return a duration as an amount and a unit; one that is no single unit is all amount."""
        text = self.text(path)
        match = _SPAN.fullmatch(text)
        return (match[1], f"{match[2]}s") if match else (text, "")

    def rows(self, path: str) -> list[Row]:
        """Return the rows of a comparison."""
        return rows_of(self.at(path), self.zone)

    def properties(self, path: str) -> list[tuple[str, str, str]]:
        """Return the rows of a table of comparisons, each with its property; one without operators has one row."""
        table = self.at(path)
        if not isinstance(table, dict):
            return []
        return [
            (str(name), operator, value)
            for name, comparison in table.items()
            for operator, value in rows_of(comparison, self.zone) or [("", "")]
        ]

    def choices(self, path: str) -> list[str]:
        """Return the words that may stand at a place."""
        shape = shape_at(self.record, parse(path))
        kind = bare(shape) if shape is not None else None
        options = kind.options if isinstance(kind, Either) else (kind,)
        return [str(value) for option in options if isinstance(option, Choice) for value in option.values]

    def box(self, path: str) -> Box | None:
        """Return the filter at a path as boxes."""
        return outline(self.tree, path)

    def problem(self, *paths: str) -> str:
        """Say what is wrong at these places, or below them, in one line; "" for nothing."""
        found = [one for one in self.problems if any(_is_within(one.path, path) for path in paths)]
        return " ".join(dict.fromkeys(_said(one) for one in found))

    def exactly(self, path: str) -> str:
        """Say what is wrong at this place itself."""
        return " ".join(dict.fromkeys(_said(one) for one in self.problems if one.path == path))


def _is_within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _said(problem: Problem) -> str:
    where = f"Line {problem.line}, column {problem.column}: " if problem.line else ""
    message = problem.message if problem.message.endswith((".", "?")) else f"{problem.message}."
    return f"{where}{capital(message)} {problem.hint}".strip()
