"""Liquid as its reference suite has it: whatever fails of it is told in the reference, and nothing else."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ensue.content.liquid import TemplateFault, parsed, render_text
from tests.shared_data import shared_data

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "liquid.md"
PSEUDO_TAGS = {"content", "output", "illegal"}
"""What the library calls a tag and nobody can write."""


@cache
def cases() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = msgspec.json.decode(shared_data("golden-liquid/golden_liquid.json").read_bytes())[
        "tests"
    ]
    return found


def fails(case: Mapping[str, Any]) -> bool:
    try:
        text = render_text(case["template"], case.get("data", {}))
    except TemplateFault:
        return not case.get("invalid")
    return bool(case.get("invalid")) or text not in case.get("results", [case.get("result")])


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the reference."""
    text = REFERENCE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def told(heading: str) -> dict[str, str]:
    """Return what the reference says of each name in a table; a row may name several."""
    return {name: cells[1] for cells in rows(heading) for name in re.findall(r"`([^`]+)`", cells[0])}


def test_the_suite_is_whole() -> None:
    assert len(cases()) > 1000


def test_what_fails_of_the_suite_is_told_with_its_reason_and_what_is_told_fails() -> None:
    reasons = told("What fails of golden-liquid")
    failing = {case["name"] for case in cases() if fails(case)}
    listed = {case["name"] for case in cases() if any(fnmatchcase(case["name"], pattern) for pattern in reasons)}

    assert failing - listed == set()
    assert listed - failing == set()
    assert all(any(fnmatchcase(case["name"], pattern) for case in cases()) for pattern in reasons)
    assert all(reasons.values())


@pytest.mark.parametrize("heading", ["Tags", "Filters"])
def test_every_tag_and_filter_is_told_as_it_is(heading: str) -> None:
    environment = parsed("{{ a }}", escape=False).env
    known = set(environment.filters) if heading == "Filters" else set(environment.tags) - PSEUDO_TAGS
    table = told(heading)
    there = {name for name, says in table.items() if not says.startswith("not there")}

    assert there - known - {"raw", "else", "elsif", "when"} == set()
    assert known - there == set()
    assert not known & (set(table) - there)
    assert {says.partition(":")[0] for says in table.values()} <= {"same", "different", "not there", "ours"}


def test_a_tag_or_filter_that_is_told_to_be_the_same_passes_all_of_its_cases() -> None:
    same = {f"{name} tag" for name, says in told("Tags").items() if says == "same"}
    same |= {f"{name} filter" for name, says in told("Filters").items() if says == "same"}
    excused = {f"{name} tag" for name in ("include", "render")}

    failing = [case for case in cases() if fails(case) and not excused & set(case.get("tags", ()))]
    assert not same & {tag for case in failing for tag in case.get("tags", ())}
    assert {tag for case in cases() for tag in case.get("tags", ()) if tag.endswith("filter")} <= same | {"date filter"}
