"""The tests of the rules notice when a rule is broken."""

import pytest

from tests.mutations.run import ROOT, main
from tests.mutations.table import MUTATIONS, Mutation

FAMILIES = "LTDXSRVCAFO"


def test_every_family_of_rules_is_broken_at_least_once() -> None:
    assert set(FAMILIES) <= {one.rule[0] for one in MUTATIONS}


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: f"{one.file}: {one.what}")
def test_what_a_mutation_changes_stands_in_the_core_once(one: Mutation) -> None:
    text = (ROOT / "src" / "ensue" / "core" / one.file).read_text(encoding="utf-8")
    assert text.count(one.old) == 1


@pytest.mark.full
def test_every_mutation_turns_a_test_red(capsys: pytest.CaptureFixture[str]) -> None:
    failed = main()
    assert failed == 0, capsys.readouterr().out
