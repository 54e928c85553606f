"""Files beside what Ensue holds: what is the same, and who changed what is not (B5).

One rule: three digests decide: that of the file, that of Ensue, and the one at which both last agreed. Where only one
side moved, the other may follow; where both did, or nobody knows, a person decides.
"""

from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import Literal

import msgspec

from ensue.codec.documents import Definition
from ensue.codec.yaml import dump_yaml

State = Literal["same", "only_in_files", "only_in_ensue", "changed_in_files", "changed_in_ensue", "changed_in_both"]
AROUND = 3
"""Unchanged lines shown before and after a change."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One definition, by its name as in `campaign/newsletter`, and how file and Ensue stand to one another."""

    name: str
    state: State


def standings(
    files: Mapping[str, str], held: Mapping[str, str], agreed: Mapping[str, str], archived: Iterable[str] = ()
) -> list[Standing]:
    """Compare the digests of all definitions, those of the files first.

    What is archived is left out where it has no file.
    """
    hidden = set(archived)
    names = [*files, *(name for name in held if name not in files and name not in hidden)]
    return [Standing(name=name, state=_state(files.get(name), held.get(name), agreed.get(name))) for name in names]


def difference(held: Definition | None, file: Definition | None, names: tuple[str, str]) -> list[str]:
    """Return a unified difference from Ensue's definition to the file's, as their files would show it."""
    before, after = ([] if one is None else dump_yaml(one).splitlines() for one in (held, file))
    return list(unified_diff(before, after, *names, n=AROUND, lineterm=""))


def _state(file: str | None, held: str | None, agreed: str | None) -> State:
    if held is None:
        return "only_in_files"
    if file is None:
        return "only_in_ensue"
    if file == held:
        return "same"
    if held == agreed:
        return "changed_in_files"
    return "changed_in_ensue" if file == agreed else "changed_in_both"
