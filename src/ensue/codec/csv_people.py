"""People in a CSV file: one a line, a column `external_id` (or `id`), every other column an attribute.

One rule: a line that cannot be read is reported with its place, and the others are read all the same.
A column is a text, or what its name says after a colon: `visits:number`, `member:boolean`, `sizes:json`.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from ensue.core.events import Json, Properties
from ensue.errors import Problem, Rejected

IDS = ("external_id", "id")
KINDS: dict[str, Callable[[str], Json]] = {
    "text": str,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
    "json": msgspec.json.decode,
}


class Person(msgspec.Struct, frozen=True):
    """One line: the user's id and attributes; empty cells are left out."""

    external_id: str
    attributes: Properties


def read_people(path: Path) -> Iterator[Person | Problem]:
    """Yield a person, or what is wrong, for each line after the header.

    Raises `Rejected` where the file cannot be read at all or its header is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read(file, str(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Rejected([_problem("", f"cannot be read: {error}", "", str(path), None)]) from error


def _read(file: TextIO, source: str) -> Iterator[Person | Problem]:
    reader = csv.DictReader(file)
    columns = reader.fieldnames or ()
    if not any(name in columns for name in IDS):
        hint = "Name the column that holds the users' ids external_id."
        raise Rejected([_problem("header", "has no column external_id", hint, source, 1)])
    kinds = {column: column.rpartition(":") for column in columns if ":" in column}
    unknown = [column for column, (_, _, kind) in kinds.items() if kind not in KINDS]
    if unknown:
        hint = f"Known kinds: {', '.join(KINDS)}."
        raise Rejected([_problem("header", f"the column '{unknown[0]}' has an unknown kind", hint, source, 1)])
    for row in reader:
        yield _person(row, source, reader.line_num)


def _person(row: dict[str, str], source: str, line: int) -> Person | Problem:
    user = next((row[name] for name in IDS if row.get(name)), "")
    if not user:
        return _problem("external_id", "is missing", "Give every line one.", source, line)
    if None in row or None in row.values():
        return _problem("", "has more or fewer cells than the header", "Check commas and quotes.", source, line)
    attributes: Properties = {}
    for column, text in row.items():
        if column in IDS or not text:
            continue
        name, _, kind = column.rpartition(":") if ":" in column else (column, "", "text")
        try:
            attributes[name] = KINDS[kind](text)
        except (ValueError, KeyError):
            return _problem(name, f"'{text}' is no {kind}", "Mend the value, or leave it empty.", source, line)
    return Person(user, attributes)


def _problem(path: str, message: str, hint: str, source: str, line: int | None) -> Problem:
    return Problem(code="csv", path=path, message=message, hint=hint, source=source, line=line)
