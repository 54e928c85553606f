"""The examples: scenarios come out as they say, on both runners, and campaign files can be launched as they are."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ensue.bootstrap import RUNNERS, RunnerName, simulation_bench
from ensue.codec.documents import Document
from ensue.codec.scenario import Scenario
from ensue.codec.yaml import dump_yaml, load_documents
from ensue.core.effects import Decision
from ensue.core.records import Campaign, Card, Segment
from ensue.services.expectations import compare
from ensue.services.simulation import simulate

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(file for file in EXAMPLES.rglob("*.yaml") if "as-code" not in file.parts)
BEFORE_SPRING = datetime(2026, 3, 1, tzinfo=UTC)


def documents(file: Path) -> list[Document]:
    return load_documents(file.read_text(encoding="utf-8"), file.name)


SCENARIOS = [one for file in FILES for one in documents(file) if isinstance(one, Scenario)]
DEFINITIONS = [one for file in FILES for one in documents(file) if isinstance(one, Campaign | Card | Segment)]
SCENARIO_IDS = [scenario.id for scenario in SCENARIOS]
FILE_NAMES = [str(file.relative_to(EXAMPLES)) for file in FILES]


def decisions_of(scenario: Scenario, runner: RunnerName) -> list[Decision]:
    with simulation_bench(runner, scenario.start) as bench:
        return simulate(scenario, bench)


def test_there_are_examples_of_both_kinds() -> None:
    assert len(SCENARIOS) >= 16
    assert {type(one) for one in DEFINITIONS} == {Campaign, Card, Segment}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=SCENARIO_IDS)
def test_a_scenario_comes_out_as_it_says_and_the_same_on_both_runners(scenario: Scenario) -> None:
    simulated, embedded = (decisions_of(scenario, runner) for runner in RUNNERS)
    failed = [(one.user, one.campaign, one.actual) for one in compare(scenario, simulated) if not one.holds]
    assert scenario.expect
    assert failed == []
    assert simulated == embedded


@pytest.mark.parametrize("scenario", SCENARIOS, ids=SCENARIO_IDS)
def test_without_its_campaigns_being_launched_a_scenario_does_not_come_out(scenario: Scenario) -> None:
    """A scenario that nothing can fail would prove nothing."""
    assert not all(one.holds for one in compare(scenario, []))


@pytest.mark.parametrize("file", FILES, ids=FILE_NAMES)
def test_a_file_says_in_its_first_line_what_it_shows(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith(".")


@pytest.mark.parametrize("file", FILES, ids=FILE_NAMES)
def test_a_file_round_trips(file: Path) -> None:
    loaded = documents(file)
    text = "---\n".join(dump_yaml(one) for one in loaded)
    again = load_documents(text, file.name)
    assert again == loaded
    assert "---\n".join(dump_yaml(one) for one in again) == text


def test_the_campaign_files_can_be_launched_together_without_a_warning() -> None:
    with simulation_bench("simulated", BEFORE_SPRING) as bench:
        bench.definitions.apply(DEFINITIONS)
        campaigns = [one for one in DEFINITIONS if isinstance(one, Campaign)]
        found = {one.id: bench.definitions.check(one) for one in campaigns}
        assert found == {one.id: ([], []) for one in campaigns}
        launched = [one.id for one in DEFINITIONS if not isinstance(one, Segment)]
        assert set(bench.launching.move("launch", launched).values()) == {"active"}


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.id)
def test_a_campaign_file_is_named_as_what_it_holds(one: Campaign | Card | Segment) -> None:
    assert (EXAMPLES / "campaigns" / f"{one.id}.yaml").exists()
