"""`ensue pull`, `diff` and `push`: campaigns, cards and segments as code (B5).

One rule: nobody's change is lost: neither side is overwritten where both changed, unless somebody says so.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from ensue.cli.checkout import Agreed, Checkout, Held, check_out, refuse, write_lock
from ensue.cli.client import Client, client
from ensue.cli.printing import EXPECTED_FAILURE, OK, print_problems
from ensue.codec.documents import Document
from ensue.codec.dump import dump
from ensue.codec.findings import Findings
from ensue.codec.findings import Path as Place
from ensue.codec.folder import Placed, new_file, read_text, rewritten
from ensue.codec.secrets import HINT, secrets_in
from ensue.codec.yaml import dump_yaml
from ensue.errors import Problem, Rejected
from ensue.services.drift import State, difference
from ensue.services.holding import Saved

DEFINITION = re.compile(r"definitions\[(\d+)\]\.?(.*)")
PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
COLOURS = {"+": "green", "-": "red", "@": "cyan"}
WORDS: dict[State, str] = {
    "same": "is the same",
    "only_in_files": "is not in Ensue yet",
    "only_in_ensue": "is only in Ensue",
    "changed_in_files": "was changed in the file",
    "changed_in_ensue": "was changed in Ensue",
    "changed_in_both": "was changed in the file and in Ensue",
}
Flag = Annotated[bool, Parameter(negative="")]
console = Console()


def say(text: str) -> None:
    """Print a line as it is."""
    console.print(Text(text), soft_wrap=True)


# ---------------------------------------------------------------- pull


def pull(folder: Path, *, force: Flag = False) -> int:
    """Write what Ensue holds to the files of a folder; a file that means the same already is left alone.

    Exit code 1 where something was changed in the file and in Ensue: such a file is left alone, too.

    Parameters
    ----------
    folder:
        The folder; new files come into its folders campaigns, cards and segments.
    force:
        Overwrite what was changed in the files with what Ensue holds.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with client() as ensue:
        found = check_out(ensue, folder)
    agreed = {name: one for name, one in found.agreed.items() if name in found.held}
    problems: list[Problem] = []
    for standing in found.standings:
        name, state = standing.name, standing.state
        overwrites = force and state in ("changed_in_files", "changed_in_both")
        if state in ("only_in_ensue", "changed_in_ensue") or overwrites:
            held = found.held[name]
            if wrong := _unfit(held):
                problems += wrong
                continue
            say(f"wrote {_write(found, name)}: {held.title}")
        elif state == "changed_in_both":
            hint = "See `ensue diff`; then pull or push with --force, whichever is to be kept."
            problems.append(_problem(found, name, state, hint))
            continue
        elif state in ("only_in_files", "changed_in_files"):
            say(f"kept {found.folder.definitions[name][1].file}: {name.replace('/', ' ')} {WORDS[state]}")
            continue
        agreed[name] = Agreed(digest=found.held[name].digest, version=found.held[name].version)
    write_lock(folder, agreed)
    print_problems(problems)
    return EXPECTED_FAILURE if problems else OK


def _write(found: Checkout, name: str) -> Path:
    held = found.held[name]
    if name not in found.folder.definitions:
        file = new_file(found.folder.path, held.kind, held.id)
        file.parent.mkdir(exist_ok=True)
        text = dump_yaml(held.record)
    else:
        placed = found.folder.definitions[name][1]
        file = placed.file
        text = rewritten(read_text(file), placed.number, held.record)
    file.write_bytes(text.encode())
    return file


def _unfit(held: Held) -> list[Problem]:
    """Return what keeps a definition out of the files: secrets in it."""
    findings = Findings(f"{held.title} in Ensue")
    for place, what in secrets_in(held.record):
        findings.add("secret", place, f"{what}, and was not written to a file", HINT)
    return findings.problems


# ---------------------------------------------------------------- diff


def diff(folder: Path, *, json: Flag = False) -> int:
    """Show how the files of a folder differ from what Ensue holds; for CI: exit code 1 where they do.

    Lines that begin with - are Ensue's, those with + the files'.

    Parameters
    ----------
    folder:
        The folder.
    json:
        Print one JSON document instead.

    """
    with client() as ensue:
        found = check_out(ensue, folder)
    rows = [_row(found, standing.name, standing.state) for standing in found.standings]
    different = [row for row in rows if row.state != "same"]
    if json:
        sys.stdout.write(msgspec.json.encode({"same": not different, "definitions": rows}).decode() + "\n")
        return EXPECTED_FAILURE if different else OK
    for row in different:
        say(f"{found.title(row.name)} {WORDS[row.state]}")
        for line in row.difference:
            style = COLOURS.get(line[:1], "") if not line.startswith(("---", "+++")) else "bold"
            console.print(Text(line, style), soft_wrap=True)
    say(f"{len(rows) - len(different)} the same, {len(different)} different")
    return EXPECTED_FAILURE if different else OK


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One definition in the answer of `diff`; `file` is empty where it is only in Ensue."""

    name: str
    state: State
    file: str
    version: int
    difference: list[str]


def _row(found: Checkout, name: str, state: State) -> Row:
    held = found.held.get(name)
    document, placed = found.folder.definitions.get(name, (None, None))
    names = (f"Ensue: {held.title}" if held else "Ensue: nothing", str(placed.file) if placed else "no file")
    lines = [] if state == "same" else difference(held.record if held else None, document, names)
    file = str(placed.file) if placed else ""
    return Row(name=name, state=state, file=file, version=held.version if held else 0, difference=lines)


# ---------------------------------------------------------------- push


def push(folder: Path, *, dry_run: Flag = False, force: Flag = False) -> int:
    """Save what was changed in the files of a folder, all or none; nothing is launched, archived or deleted by it.

    What somebody else saved since the last pull is not overwritten.

    Parameters
    ----------
    folder:
        The folder.
    dry_run:
        Say what would be saved, after all checks, and save nothing.
    force:
        Overwrite also what was changed in Ensue since the last pull.

    """
    with client() as ensue:
        found = check_out(ensue, folder)
        refuse([] if found.folder.definitions else [_empty(folder)])
        refuse(_secrets(found))
        names = _to_push(found, force=force)
        saved = _saved(ensue, found, names, dry_run=dry_run) if names else {}
    if not dry_run:
        _note(found, saved)
    _report(found, saved, dry_run=dry_run)
    return OK


def _to_push(found: Checkout, *, force: bool) -> list[str]:
    """Return what is to be saved; raise `Rejected` where both sides changed."""
    pushed: list[State] = ["only_in_files", "changed_in_files"]
    pushed += ["changed_in_ensue", "changed_in_both"] if force else []
    conflicts = [standing for standing in found.standings if standing.state == "changed_in_both" and not force]
    hint = "See `ensue diff`, take over what is to be kept, and push with --force; or pull with --force."
    refuse([_problem(found, one.name, one.state, hint) for one in conflicts])
    return [one.name for one in found.standings if one.state in pushed]


def _saved(ensue: Client, found: Checkout, names: list[str], *, dry_run: bool) -> dict[str, Saved]:
    """Save definitions, unless Ensue holds others by now; problems tell their places in the files."""
    definitions = [found.folder.definitions[name] for name in names]
    body = {
        "definitions": [dump(one) for one, _ in definitions],
        "expected": {name: held.digest if (held := found.held.get(name)) else None for name in names},
        "dry_run": dry_run,
    }
    try:
        answer = ensue.post("/api/v1/apply", body)
    except Rejected as rejection:
        raise Rejected([_placed(problem, definitions) for problem in rejection.problems]) from None
    return dict(zip(names, msgspec.convert(answer["definitions"], list[Saved]), strict=True))


def _note(found: Checkout, saved: dict[str, Saved]) -> None:
    agreed = {name: one for name, one in found.agreed.items() if name in found.held}
    same = {one.name: found.held[one.name] for one in found.standings if one.state == "same"}
    agreed |= {name: Agreed(digest=one.digest, version=one.version) for name, one in (same | saved).items()}
    write_lock(found.folder.path, agreed)


def _report(found: Checkout, saved: dict[str, Saved], *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    for standing in found.standings:
        name, state = standing.name, standing.state
        if name in saved:
            one = saved[name]
            version = f" (version {one.version})" if one.version else ""
            say(f"{would}{one.change}: {one.kind} {one.id}{version}")
        elif state == "same":
            say(f"unchanged: {found.title(name)}")
        else:
            remedy = "; pull to get it" if state == "changed_in_ensue" else ""
            say(f"left alone: {found.title(name)} {WORDS[state]}{remedy}")


def _empty(folder: Path) -> Problem:
    hint = "Name a folder with files ending in .yaml, or pull into it first."
    return Problem(code="file", path=str(folder), message="holds no campaign, card or segment", hint=hint)


def _secrets(found: Checkout) -> list[Problem]:
    """Return a problem for everything in the files that looks like a secret."""
    problems: list[Problem] = []
    for document, placed in found.folder.definitions.values():
        findings = Findings(str(placed.file), placed.node)
        for place, what in secrets_in(document):
            findings.add("secret", place, what, HINT)
        problems += findings.problems
    return problems


def _problem(found: Checkout, name: str, state: State, hint: str) -> Problem:
    placed, held, agreed = found.folder.definitions[name][1], found.held[name], found.agreed.get(name)
    since = f"; version {agreed.version} was pulled" if agreed and agreed.version else ""
    never = "" if agreed else ", and was never pulled"
    message = f"{held.title} {WORDS[state] if agreed else 'differs from the file'}{since}{never}"
    line, column = placed.node.place
    return Problem(code=state, path="", message=message, hint=hint, source=str(placed.file), line=line, column=column)


def _placed(problem: Problem, definitions: Sequence[tuple[Document, Placed]]) -> Problem:
    """Return a problem of one of the definitions with its place in the file."""
    match = DEFINITION.fullmatch(problem.path)
    if match is None or int(match[1]) >= len(definitions):
        return problem
    document, placed = definitions[int(match[1])]
    where: Place = tuple(int(number) if number else name for number, name in PART.findall(match[2]))
    line, column = placed.node.of_value(where) or placed.node.place
    path = match[2] or document.id
    return replace(problem, path=path, source=str(placed.file), line=line, column=column)
