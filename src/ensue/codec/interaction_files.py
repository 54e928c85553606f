"""Interactions in a file that another system wrote: CSV with a header, or one JSON object a line.

One rule: a line that cannot be read is reported with its number, and the others are read all the same.
Not here: what the fields mean, and whether what they name is there (`services.tracking`).
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from ensue.core.events import Json, Properties
from ensue.errors import Problem, Rejected, rejected

FIELDS = (
    "id",
    "user",
    "interaction",
    "campaign",
    "card",
    "message",
    "at",
    "link",
    "button",
    "opens",
    "conversion",
    "permanent",
)
ALIASES = {"external_id": "user", "user_id": "user", "time": "at", "timestamp": "at"}
"""Names that other systems use, and ours."""
REPORTED = ("line", "reason")
"""What the report of refused lines adds: a mended report is a file to import."""
FLAGS: dict[str, bool] = {"true": True, "false": False}
MILLISECONDS = 1e11
"""Unix times above this are in milliseconds: as seconds they would lie after the year 5138."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its number, what it says under our names, and as it stood; or what is wrong with it.

    `end` is how many bytes of the file end with it, `digest` theirs.
    """

    number: int
    fields: Properties
    given: Properties
    end: int
    digest: str
    problem: Problem | None = None


def read_interactions(path: Path) -> Iterator[Line]:
    """Yield every line after the header; raises `Rejected` where the file cannot be read at all."""
    try:
        with path.open("rb") as file:
            lines = _Counted(file)
            yield from _read_csv(lines, str(path)) if is_csv(path) else _read_json(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise rejected("file", str(path), f"cannot be read: {error}", "Save it as UTF-8.") from error


def is_csv(path: Path) -> bool:
    """Tell the two kinds of files apart: JSON lines end in .jsonl or .ndjson."""
    return path.suffix not in (".jsonl", ".ndjson")


def others(path: Path) -> list[str]:
    """Return the columns of a CSV file that are left out."""
    if not is_csv(path) or not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file), [])
    return [name for name in columns if ALIASES.get(name, name) not in (*FIELDS, *REPORTED)]


class _Counted:
    """The lines of a file as texts; it knows how much was read, and the digest of that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = sha256()
        self.end = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.end += len(line)
            self._digest.update(line)
            yield line.decode("utf-8-sig" if self.end == len(line) else "utf-8")

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def _read_csv(lines: _Counted, source: str) -> Iterator[Line]:
    reader = csv.DictReader(lines)
    columns = {ALIASES.get(name, name) for name in reader.fieldnames or ()}
    missing = [name for name in ("user", "interaction", "at") if name not in columns]
    if missing:
        hint = "Name the columns user, interaction, at, and campaign or card."
        message = f"has no column {missing[0]}"
        raise Rejected([Problem(code="header", path="", message=message, hint=hint, source=source, line=1)])
    before = reader.line_num
    for row in reader:
        problem = None
        if None in row or None in row.values():
            problem = _problem("", "has more or fewer cells than the header", "Check commas and quotes.")
        given: Properties = {name: text or "" for name, text in row.items() if name is not None}
        yield _line(before + 1, given, lines, problem)
        before = reader.line_num


def _read_json(lines: _Counted) -> Iterator[Line]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            given = msgspec.json.decode(text, type=dict[str, Json])
        except (msgspec.DecodeError, RecursionError) as error:
            problem = _problem("", f"is no JSON object: {error}", "Write one object a line.")
            yield _line(number, {"text": text.rstrip("\r\n")}, lines, problem)
        else:
            yield _line(number, given, lines, None)


def _line(number: int, given: Properties, read: _Counted, problem: Problem | None) -> Line:
    known = {ALIASES.get(name, name): value for name, value in given.items() if value not in ("", None)}
    found = {name: CLEANED.get(name, _same)(known[name]) for name in FIELDS if name in known}
    if problem is None and "at" not in found:
        problem = _problem("at", "is missing", "Give the time at which it happened.")
    return Line(number=number, fields=found, given=given, end=read.end, digest=read.digest, problem=problem)


def _problem(path: str, message: str, hint: str) -> Problem:
    return Problem(code="line", path=path, message=message, hint=hint)


# ---------------------------------------------------------------- values


def _same(value: Json) -> Json:
    return value


def _text(value: Json) -> Json:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _flag(value: Json) -> Json:
    return FLAGS.get(value.lower(), value) if isinstance(value, str) else value


def _time(value: Json) -> Json:
    """Return a time as ISO 8601 writes it; Unix times are in seconds or milliseconds."""
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > MILLISECONDS else value
        try:
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            return value
    return value.strip().removesuffix(" UTC") + "Z" if isinstance(value, str) and value.endswith(" UTC") else value


CLEANED: dict[str, Callable[[Json], Json]] = {
    "id": _text,
    "user": _text,
    "at": _time,
    "permanent": _flag,
}


# ---------------------------------------------------------------- the report of refused lines


def write_refused(refused: Iterable[tuple[Line, Problem]], path: Path, *, as_csv: bool) -> None:
    """Add refused lines as they stood, each with its number and the reason; a mended report is a file to import."""
    rows = [
        {"line": line.number, "reason": str(replace(problem, line=None))}
        | {name: value for name, value in line.given.items() if name not in REPORTED}
        for line, problem in refused
    ]
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        if not as_csv:
            file.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
        elif rows:
            writer = csv.DictWriter(file, list(rows[0]), extrasaction="ignore")
            if is_new:
                writer.writeheader()
            writer.writerows(rows)
