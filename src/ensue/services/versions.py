"""What is different between two versions of a campaign, as its file would show it.

One rule: the texts compared are the files' (`codec.yaml`), so what one reads is what one would write.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from ensue.codec.yaml import dump_yaml
from ensue.core.records import Campaign

AROUND = 3
"""Unchanged lines shown before and after a change."""

Kind = Literal["same", "gone", "new", "gap"]


class DiffLine(msgspec.Struct, frozen=True):
    """A line of either text; `gap` stands for unchanged lines that are left out, and tells how many."""

    kind: Kind
    text: str


def difference(before: Campaign, after: Campaign) -> list[DiffLine]:
    """Return the lines of both definitions, changes with some lines around them; empty where nothing changed."""
    old, new = dump_yaml(before).splitlines(), dump_yaml(after).splitlines()
    found: list[DiffLine] = []
    end = 0
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        start = group[0][1]
        if start > end:
            found.append(_gap(start - end))
        for tag, *bounds in group:
            found += _lines(tag, old[bounds[0] : bounds[1]], new[bounds[2] : bounds[3]])
        end = group[-1][2]
    if found and end < len(old):
        found.append(_gap(len(old) - end))
    return found


def _lines(tag: str, old: list[str], new: list[str]) -> Iterator[DiffLine]:
    if tag == "equal":
        yield from (DiffLine("same", line) for line in old)
        return
    yield from (DiffLine("gone", line) for line in old)
    yield from (DiffLine("new", line) for line in new)


def _gap(count: int) -> DiffLine:
    return DiffLine("gap", f"{count} unchanged line{'' if count == 1 else 's'}")
