"""The tests of the rules notice when a rule is broken."""

import pytest

from tests.mutations.run import main
from tests.mutations.table import MUTATIONS

FAMILIES = "LTDXSRVCAFO"


def test_every_family_of_rules_is_broken_at_least_once() -> None:
    assert set(FAMILIES) <= {one.rule[0] for one in MUTATIONS}


@pytest.mark.full
def test_every_mutation_turns_a_test_red(capsys: pytest.CaptureFixture[str]) -> None:
    failed = main()
    assert failed == 0, capsys.readouterr().out
