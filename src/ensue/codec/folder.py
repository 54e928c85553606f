"""A folder of files: campaigns, cards and segments as code, and the scenarios that test them (B5).

One rule: a file is the author's. It is rewritten only where its meaning changes, and then as little of it as can be.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ensue.codec.documents import Definition, Kind, name_of, read_document
from ensue.codec.dump import dump
from ensue.codec.findings import Findings
from ensue.codec.nodes import Node, read_nodes
from ensue.codec.scenario import Around, Scenario
from ensue.codec.yaml import dump_yaml, load_documents, write_yaml
from ensue.core.records import Campaign, Card, Segment
from ensue.errors import Problem, Rejected, rejected

SUFFIXES = (".yaml", ".yml")
FOLDERS: dict[str, str] = {"campaign": "campaigns", "card": "cards", "segment": "segments"}
_MARKER = re.compile(r"^(?=---(?:\s|$))", re.MULTILINE)


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a file: which one of those in it, counted from 0, and where its parts stand."""

    file: Path
    number: int
    node: Node


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds: definitions by name, as in `campaign/newsletter`, and scenarios, which are not read yet."""

    path: Path
    definitions: dict[str, tuple[Definition, Placed]]
    scenarios: list[Placed]

    def scenario(self, placed: Placed) -> Scenario:
        """Read a scenario, which may name what lies in the folder without bringing it along."""
        found = [one for one, _ in self.definitions.values()]
        around = Around(
            campaigns=tuple(one for one in found if isinstance(one, Campaign)),
            cards=tuple(one for one in found if isinstance(one, Card)),
            segments=tuple(one for one in found if isinstance(one, Segment)),
        )
        document = read_document(placed.node.plain(), source=str(placed.file), places=placed.node, around=around)
        if not isinstance(document, Scenario):
            raise TypeError(document)
        return document


def read_folder(path: Path) -> Folder:
    """Read all files below a folder but hidden ones; raises `Rejected` with all problems, each with its place."""
    folder = Folder(path=path, definitions={}, scenarios=[])
    problems: list[Problem] = []
    for placed in _placed(path, problems):
        try:
            _take(folder, placed)
        except Rejected as rejection:
            problems += rejection.problems
    if problems:
        raise Rejected(problems)
    return folder


def new_file(folder: Path, kind: Kind, name: str) -> Path:
    """Return where a definition that has no file yet is written."""
    file = folder / FOLDERS[kind] / f"{name}.yaml"
    number = 2
    while file.exists():
        file = file.with_name(f"{name}-{number}.yaml")
        number += 1
    return file


def rewritten(text: str, number: int, definition: Definition) -> str:
    """Return the text of a file in which the document of that number means the definition; the others stay as they are.

    Comments stay where they are, but for those within a part that changed.
    """
    parts = _MARKER.split(text)
    places = [place for place, part in enumerate(parts) if read_nodes(part)]
    place = places[number]
    parts[place] = _patched(parts[place], definition) or _replaced(parts[place], definition)
    return "".join(parts)


# ---------------------------------------------------------------- reading


def _placed(path: Path, problems: list[Problem]) -> Iterator[Placed]:
    """Yield the documents of all files; what cannot be read is added to the problems."""
    if not path.is_dir():
        raise rejected("file", str(path), "is no folder", "Name a folder with files ending in .yaml.")
    for file in sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES):
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        try:
            nodes = read_nodes(read_text(file), str(file))
        except Rejected as rejection:
            problems += rejection.problems
        else:
            for number, node in enumerate(nodes):
                yield Placed(file=file, number=number, node=node)


def read_text(file: Path) -> str:
    """Return the text of a file as it stands, the ends of its lines too."""
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(code="file", path="", message=f"cannot be read: {error}", source=str(file))
        raise Rejected([problem]) from error


def _take(folder: Folder, placed: Placed) -> None:
    data = placed.node.plain()
    if isinstance(data, dict) and data.get("kind") == "scenario":
        folder.scenarios.append(placed)
        return
    document = read_document(data, source=str(placed.file), places=placed.node)
    if isinstance(document, Scenario):
        return
    name = name_of(document)
    if name in folder.definitions:
        findings = Findings(str(placed.file), placed.node)
        hint = f"It is defined in {folder.definitions[name][1].file}; keep one of them."
        findings.add("duplicate_id", ("id",), f"the id '{document.id}' is taken", hint)
        findings.raise_if_any()
    folder.definitions[name] = (document, placed)


# ---------------------------------------------------------------- rewriting


def _replaced(part: str, definition: Definition) -> str:
    marker = "---\n" if part.startswith("---") else ""
    return marker + dump_yaml(definition)


def _patched(part: str, definition: Definition) -> str | None:
    """Return the text with only the changed keys written anew; `None` where that does not give the definition."""
    (node,) = read_nodes(part)
    if not isinstance(node.content, dict) or any(column != 1 for _, column in node.keys.values()):
        return None
    (before,) = load_documents(part)
    old, new = dump(before), dump(definition)
    above, own, tail = _blocks(part.removesuffix("\n").split("\n"), node)
    order = list(own)
    for key in own:
        if new.get(key) != old.get(key):
            own[key] = _written(key, new) if key in new else []
    for place, key in enumerate(new):
        if key not in own:
            earlier = [one for one in list(new)[:place] if one in order]
            order.insert(order.index(earlier[-1]) + 1 if earlier else 0, key)
            own[key] = _written(key, new)
    lines = [line for key in order for line in (*above.get(key, ()), *own[key])]
    patched = "\n".join([*lines, *tail, ""])
    return patched if _means(patched, definition) else None


def _blocks(lines: list[str], node: Node) -> tuple[dict[str, list[str]], dict[str, list[str]], list[str]]:
    """Return the lines above each key, blank ones and comments; its own lines; and what stands below the last."""
    starts = sorted((line - 1, key) for key, (line, _) in node.keys.items())
    ends = [*(start for start, _ in starts[1:]), len(lines)]
    above: dict[str, list[str]] = {}
    own: dict[str, list[str]] = {}
    rest = lines[: starts[0][0]]
    for (start, key), end in zip(starts, ends, strict=True):
        last = end
        while last > start + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
            last -= 1
        above[key], own[key], rest = rest, lines[start:last], lines[last:end]
    return above, own, rest


def _written(key: str, new: dict[str, object]) -> list[str]:
    return write_yaml({key: new[key]}).removesuffix("\n").split("\n")


def _means(text: str, definition: Definition) -> bool:
    try:
        return load_documents(text) == [definition]
    except Rejected:
        return False
