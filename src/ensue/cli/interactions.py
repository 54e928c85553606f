"""`ensue interactions import`: what people did with campaigns that another system sent (B8).

One rule: a line is taken once. What was taken is noted beside the file, and every line has an id, its own or one made
of its content, so that a repeat changes nothing.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ensue.cli.client import Client, client
from ensue.cli.printing import EXPECTED_FAILURE, OK, errors, print_problems
from ensue.codec.build import build
from ensue.codec.findings import listed
from ensue.codec.interaction_files import Line, is_csv, others, read_interactions, write_refused
from ensue.core.words import INTERACTIONS
from ensue.errors import Problem, Rejected, rejected
from ensue.services.tracking import Reported

BATCH = 500
"""Interactions in one request."""
SHOWN = 20
"""Refused lines that are printed; `--refused` writes all."""
PLACE = re.compile(r"interactions\[(\d+)\]\.?(.*)")
console = Console()
interactions = App(name="interactions", help="Interactions with campaigns that another system sent.")

Refusals = list[tuple[Line, Problem]]


class Progressed(msgspec.Struct, kw_only=True):
    """How far a file is imported into one Ensue; `digest` is that of its first `end` bytes."""

    place: str
    end: int = 0
    digest: str = ""
    taken: int = 0
    known_already: int = 0
    refused: int = 0


@interactions.command(name="import")
def import_interactions(
    file: Path,
    *,
    campaign: str | None = None,
    create_users: Annotated[bool, Parameter(negative="")] = False,
    refused: Path | None = None,
    again: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Import interactions from a CSV file, or from JSON lines (.jsonl); run it again to go on where it ended.

    Exit code 1 where some lines were refused; the others are kept.

    Parameters
    ----------
    file:
        Columns, or keys, `user`, `interaction`, `at`, `campaign` or `card`, and where they apply `id`, `message`,
        `link`, `button`, `opens`, `conversion`, `permanent`.
    campaign:
        The campaign of lines that name none.
    create_users:
        Make users whom nobody ever knew, instead of refusing the line.
    refused:
        A file for the refused lines, each with its number and the reason, in the form of the imported file.
    again:
        Begin with the first line, though it was imported before.

    """
    with client() as ensue:
        note = file.with_name(f"{file.name}.imported")
        progressed = Progressed(place=ensue.place) if again else _begun(note, ensue.place)
        before = progressed.refused
        if progressed.end:
            console.print(f"going on where the last import ended, after {progressed.end:,} bytes", highlight=False)
        elif refused is not None:
            refused.unlink(missing_ok=True)
        if left_out := others(file):
            console.print(f"columns left out: {', '.join(left_out)}", highlight=False)
        shown = _import(ensue, file, progressed, _Way(note, campaign, create_users, refused))
    print_problems((problem for _, problem in shown), str(file))
    more = progressed.refused - before - len(shown)
    if more > 0:
        errors.print(f"and {more} more; --refused FILE writes all of them", highlight=False)
    console.print(
        f"imported {progressed.taken} interactions ({progressed.known_already} of them known already), "
        f"refused {progressed.refused} lines",
        highlight=False,
    )
    return EXPECTED_FAILURE if progressed.refused else OK


class _Way(msgspec.Struct, frozen=True):
    """How a file is imported, and what is written on the way."""

    note: Path
    campaign: str | None
    create_users: bool
    refused: Path | None


def _import(ensue: Client, file: Path, progressed: Progressed, way: _Way) -> Refusals:
    """Import the rest of a file, batch by batch; return the first of the refused lines."""
    shown: Refusals = []
    lines = _after(read_interactions(file), progressed, file)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"importing {file.name}", total=file.stat().st_size, completed=progressed.end)
        while batch := list(islice(lines, BATCH)):
            refusals = _take(ensue, batch, progressed, way)
            shown += refusals[: SHOWN - len(shown)]
            if way.refused is not None:
                write_refused(refusals, way.refused, as_csv=is_csv(file))
            progressed.refused += len(refusals)
            progressed.end, progressed.digest = batch[-1].end, batch[-1].digest
            _write(way.note, progressed)
            progress.update(task, completed=progressed.end)
    return shown


def _take(ensue: Client, batch: list[Line], progressed: Progressed, way: _Way) -> Refusals:
    """Report a batch; what is refused is left out, and the rest is sent once more."""
    refusals: Refusals = []
    good: list[tuple[Line, Reported]] = []
    for line in batch:
        one = _reported(line, way.campaign)
        if isinstance(one, Problem):
            refusals.append((line, one))
        else:
            good.append((line, one))
    while good:
        body = {"interactions": [one for _, one in good], "create_users": way.create_users}
        try:
            answer = ensue.post("/api/v1/interactions", body)
        except Rejected as rejection:
            wrong = _by_place(rejection)
            refusals += [(good[place][0], replace(one, line=good[place][0].number)) for place, one in wrong.items()]
            good = [pair for place, pair in enumerate(good) if place not in wrong]
        else:
            progressed.taken += msgspec.convert(answer["taken"], int)
            progressed.known_already += msgspec.convert(answer["known_already"], int)
            break
    return sorted(refusals, key=lambda pair: pair[0].number)


def _reported(line: Line, campaign: str | None) -> Reported | Problem:
    """Return what a line reports, with an id; or what is wrong with it."""
    if line.problem is not None:
        return replace(line.problem, line=line.number)
    fields = line.fields
    if campaign is not None and "card" not in fields and "message" not in fields:
        fields = {"campaign": campaign, **fields}
    if (name := str(fields.get("interaction", ""))) not in INTERACTIONS:
        hint = f"One of: {listed(name, sorted(INTERACTIONS))}."
        return _problem(line, "interaction", f"there is no interaction '{name}'", hint)
    try:
        one = build(Reported, fields)
    except Rejected as rejection:
        return replace(rejection.problems[0], line=line.number)
    return one if one.id else replace(one, id=f"import:{_digest(one)}")


def _problem(line: Line, path: str, message: str, hint: str) -> Problem:
    return Problem(code="line", path=path, message=message, hint=hint, line=line.number)


def _digest(one: Reported) -> str:
    return blake2b(msgspec.json.encode(one, order="deterministic"), digest_size=16).hexdigest()


def _by_place(rejection: Rejected) -> dict[int, Problem]:
    """Return the first problem of each interaction by its place; what is about something else is raised."""
    found: dict[int, Problem] = {}
    for problem in rejection.problems:
        match = PLACE.fullmatch(problem.path)
        if match is None:
            raise rejection
        found.setdefault(int(match[1]), replace(problem, path=match[2]))
    return found


# ---------------------------------------------------------------- how far a file is imported


def _begun(note: Path, place: str) -> Progressed:
    """Return how far the file is imported into this Ensue."""
    try:
        known = msgspec.json.decode(note.read_bytes(), type=Progressed)
    except FileNotFoundError:
        return Progressed(place=place)
    except msgspec.DecodeError as error:
        raise rejected("file", str(note), f"cannot be read: {error}", "Remove it to begin anew.") from error
    return known if known.place == place else Progressed(place=place)


def _after(lines: Iterator[Line], progressed: Progressed, file: Path) -> Iterator[Line]:
    """Yield the lines that were not imported yet; refuse a file whose beginning is not what was imported."""
    end, digest = progressed.end, progressed.digest
    reached = end == 0
    for line in lines:
        if reached:
            yield line
        elif line.end >= end:
            if (line.end, line.digest) != (end, digest):
                break
            reached = True
    if not reached:
        message, hint = "is not the file that was imported before", "With --again it is imported from its first line."
        raise rejected("file", str(file), message, hint)


def _write(note: Path, progressed: Progressed) -> None:
    """Write the note at once, so that a crash leaves the old one or the new one."""
    fresh = note.with_name(f"{note.name}.new")
    fresh.write_bytes(msgspec.json.encode(progressed) + b"\n")
    fresh.replace(note)
