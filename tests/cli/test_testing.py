"""`ensue test`: scenarios are the tests of the campaigns beside them (B5)."""

from pathlib import Path

import pytest

from ensue.bootstrap import RUNNERS, RunnerName
from ensue.cli.app import app
from ensue.errors import Rejected
from tests.cli.commanding import write

AS_CODE = Path(__file__).parents[2] / "examples" / "as-code"
CAMPAIGN = """\
kind: campaign
id: hello
channels: {email: {subject: Hello, html: "<p>Hello</p>"}}
delivery: {type: action_based, triggers: [{custom_event: {name: hi}}]}
audience: {segments: [some]}
"""
SEGMENT = "kind: segment\nid: some\nfilter: {attribute: country, is: SE}\n"
SCENARIO = """\
kind: scenario
id: hello
start: 2026-03-02T09:00:00Z
users: [{id: ana, email: ana@example.com, attributes: {country: SE}}, {id: bo, email: bo@example.com}]
timeline:
  - {at: +0s, launch: hello}
  - {at: +1h, user: ana, does: custom_event, name: hi}
  - {at: +1h, user: bo, does: custom_event, name: hi}
until: +1d
expect:
  - {user: ana, campaign: hello, outcome: sent}
  - {user: bo, campaign: hello, outcome: none}
"""


def run(*arguments: str | Path) -> int:
    code: int = app(["test", *(str(one) for one in arguments)], result_action="return_value")
    return code


@pytest.fixture
def code(folder: Path) -> Path:
    write(folder, "campaigns/hello.yaml", CAMPAIGN)
    write(folder, "segments/some.yaml", SEGMENT)
    write(folder, "tests/hello.yaml", SCENARIO)
    return folder


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_example_passes_its_tests(runner: RunnerName, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(AS_CODE, "--runner", runner) == 0
    assert f"passed partner-readers: 4 of 4 as expected ({runner})" in capsys.readouterr().out


@pytest.mark.parametrize("file", sorted(AS_CODE.rglob("*.yaml")), ids=lambda file: str(file.relative_to(AS_CODE)))
def test_each_file_of_the_example_says_in_its_first_line_what_it_is(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# ")


def test_a_campaign_that_changes_fails_its_test(code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(code) == 0
    write(code, "segments/some.yaml", SEGMENT.replace("SE", "FI"))
    assert run(code) == 1
    out = capsys.readouterr().out
    assert "failed hello: 1 of 2 as expected (simulated)" in out
    assert "ana · hello" in out


def test_what_a_scenario_defines_itself_stands_in_place_of_what_lies_beside_it(code: Path) -> None:
    own = "segments: [{kind: segment, id: some, filter: {attribute: country, is: FI}}]\n"
    write(code, "tests/hello.yaml", SCENARIO + own)
    assert run(code) == 1


def test_a_bad_scenario_names_its_place_and_the_others_are_run(code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(code, "tests/bad.yaml", SCENARIO.replace("launch: hello", "launch: helo"))
    assert run(code) == 2
    said = capsys.readouterr()
    assert f"{file}:6:23: timeline[0].launch: there is no campaign or card 'helo'. Did you mean 'hello'?" in said.err
    assert "passed hello" in said.out


def test_a_folder_without_a_scenario_does_not_pass(code: Path) -> None:
    (code / "tests/hello.yaml").unlink()
    with pytest.raises(Rejected, match="holds no scenario"):
        run(code)
