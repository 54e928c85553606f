"""The problems that are found while reading: all of them, each with its place.

One rule: nothing is raised before the whole input has been read, or very much is wrong with it.
Not here: what is looked for (`build`, `scalars`, `scenario`).
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from difflib import get_close_matches
from itertools import islice
from typing import Protocol

from ensue.errors import Problem, Rejected

LIMIT = 100
"""Problems after which reading ends: this is the wrong file."""
CANDIDATES = 1_000
"""Words among which the one that was meant is looked for."""
SHOWN = 40
"""Characters of a wrong value that a message repeats."""

Path = tuple[str | int, ...]
Place = tuple[int, int]


class Places(Protocol):
    """Where the parts of an input stand: line and column, counted from 1, of the nearest part that exists."""

    def of_value(self, path: Path) -> Place | None:
        """Return the place of the value at a path."""
        ...

    def of_key(self, path: Path) -> Place | None:
        """Return the place of the key at the end of a path."""
        ...


class Findings:
    """A growing list of problems of one input."""

    __slots__ = ("_places", "_source", "problems")

    def __init__(self, source: str = "", places: Places | None = None) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._places = places

    def add(self, code: str, path: Path, message: str, hint: str = "") -> object:
        """Note a problem of the value at a path; return `None`, for a reader to return."""
        return self._note(code, path, (message, hint), self._places.of_value(path) if self._places else None)

    def add_key(self, code: str, path: Path, message: str, hint: str = "") -> object:
        """Note a problem of the key at the end of a path; return `None`, as `add`."""
        return self._note(code, path, (message, hint), self._places.of_key(path) if self._places else None)

    def raise_if_any(self) -> None:
        """Raise `Rejected` with all problems, in the order in which they were found."""
        if self.problems:
            raise Rejected(self.problems)

    def _note(self, code: str, path: Path, words: tuple[str, str], place: Place | None) -> object:
        message, hint = words
        line, column = place or (None, None)
        where = written(path)
        self.problems.append(
            Problem(code=code, path=where, message=message, hint=hint, source=self._source, line=line, column=column)
        )
        if len(self.problems) >= LIMIT:
            raise Rejected(self.problems)
        return None


def written(path: Path) -> str:
    """Write a path as in `delivery.triggers[0].campaign`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(data: object) -> str:
    """Say in a few words what a value is."""
    match data:
        case None:
            return "nothing"
        case bool():
            return "true" if data else "false"
        case str():
            return f"the text '{data[:SHOWN]}…'" if len(data) > SHOWN else f"the text '{data}'"
        case int() | float():
            return f"the number {data!r}" if abs(data) < 10**SHOWN else "a huge number"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case datetime() | date() | time():
            return f"the time {data.isoformat()}"
        case _:
            return f"a {type(data).__name__}"


def nearest(word: object, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant."""
    close = get_close_matches(str(word)[:SHOWN], list(islice(words, CANDIDATES)), n=1)
    return close[0] if close else None


def listed(word: object, words: Iterable[str]) -> str:
    """List words, the one that was probably meant first."""
    every = list(words)
    first = nearest(word, every)
    return ", ".join([first, *(other for other in every if other != first)] if first else every)
