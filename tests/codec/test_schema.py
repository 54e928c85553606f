"""The JSON Schemas accept what the codec accepts, and refuse what it refuses for its form."""

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # its types are another package
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.codec.documents import KINDS, Kind, read_document
from ensue.codec.dump import dump
from ensue.codec.nodes import read_nodes
from ensue.codec.schema import schema
from ensue.errors import Rejected
from tests.codec.making import Dice, every_record, make_record
from tests.codec.test_scenario import SCENARIO

VALIDATORS = {kind: jsonschema.Draft202012Validator(schema(kind)) for kind in KINDS}
FILES = Path(__file__).parents[2] / "examples"
TRIGGER = {"kind": "campaign", "id": "a", "delivery": {"type": "action_based"}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_keeps_to_the_standard_and_describes_every_record(kind: Kind) -> None:
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    definitions = made["$defs"]
    assert isinstance(definitions, dict)
    assert [name for name, definition in definitions.items() if not definition["description"]] == []


def test_the_schemas_know_every_record() -> None:
    known = {name for kind in KINDS for name in schema(kind)["$defs"]}  # type: ignore[attr-defined]  # it is a mapping
    kept_elsewhere = {"CampaignState", "CardState", "Spell", "Version"}
    assert {record.__name__ for record in every_record()} - known == kept_elsewhere


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(numbers=st.lists(st.integers(0, 999), max_size=120))
def test_whatever_is_written_keeps_to_the_schema(kind: Kind, numbers: list[int]) -> None:
    VALIDATORS[kind].validate(dump(make_record(KINDS[kind], Dice(numbers))))


def test_every_example_keeps_to_the_schema() -> None:
    texts = [SCENARIO, *(path.read_text(encoding="utf-8") for path in sorted(FILES.rglob("*.yaml")))]
    for data in (node.plain() for text in texts for node in read_nodes(text)):
        assert isinstance(data, dict)
        VALIDATORS[str(data["kind"])].validate(data)  # type: ignore[index]  # an unknown kind fails the test


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("campaign", {"id": "a"}),
        ("campaign", {"kind": "campaign"}),
        ("campaign", {"kind": "campaign", "id": "Not A Slug"}),
        ("campaign", {"kind": "campaign", "id": "a", "nam": "A"}),
        ("campaign", {"kind": "campaign", "id": "a", "control_group": 101}),
        ("campaign", {"kind": "campaign", "id": "a", "control_group": "10"}),
        ("campaign", {"kind": "campaign", "id": "a", "send_to": "some"}),
        ("campaign", {"kind": "campaign", "id": "a", "delivery": {"triggers": []}}),
        ("campaign", {"kind": "campaign", "id": "a", "delivery": {"type": "scheduled", "triggers": []}}),
        ("campaign", TRIGGER | {"delivery": {"type": "action_based", "triggers": [{}]}}),
        ("campaign", TRIGGER | {"delivery": {"type": "action_based", "triggers": [{"custom_event": None}]}}),
        (
            "campaign",
            TRIGGER | {"delivery": {"type": "action_based", "triggers": [{"make_purchase": {}, "add_email": {}}]}},
        ),
        ("campaign", TRIGGER | {"delivery": {"type": "action_based", "delay": {"after": "soon"}}}),
        ("campaign", TRIGGER | {"delivery": {"type": "action_based", "delay": {"after": "1 day", "at": "09:00"}}}),
        ("campaign", TRIGGER | {"delivery": {"type": "action_based", "start": "2026-03-02T09:00:00"}}),
        ("campaign", {"kind": "campaign", "id": "a", "quiet_hours": {"from": "9:00", "to": "10:00"}}),
        ("campaign", {"kind": "campaign", "id": "a", "conversions": [{"window": "1 day"}]}),
        (
            "campaign",
            {"kind": "campaign", "id": "a", "conversions": [{"make_purchase": {}, "add_email": {}, "window": "1 day"}]},
        ),
        ("segment", {"kind": "segment", "id": "a", "filter": {"attribute": "a", "event": "b"}}),
        ("segment", {"kind": "segment", "id": "a", "filter": {"not": [{"segment": "b"}]}}),
        ("card", {"kind": "card", "id": "a", "layout": "modern"}),
        ("scenario", {"kind": "scenario", "id": "a", "start": "2026-03-02T09:00:00Z"}),
        (
            "scenario",
            {
                "kind": "scenario",
                "id": "a",
                "start": "2026-03-02T09:00:00Z",
                "until": "+1d",
                "timeline": [{"at": "1h", "launch": "a"}],
            },
        ),
        (
            "scenario",
            {
                "kind": "scenario",
                "id": "a",
                "start": "2026-03-02T09:00:00Z",
                "until": "+1d",
                "timeline": [{"at": "+1h", "user": "u", "does": "view_card", "campaign": "a"}],
            },
        ),
    ],
)
def test_what_is_wrong_in_form_breaks_the_schema_as_it_breaks_the_codec(kind: Kind, data: dict[str, object]) -> None:
    assert not VALIDATORS[kind].is_valid(data)
    with pytest.raises(Rejected):
        read_document(data)


def test_a_schema_is_for_one_kind() -> None:
    assert not VALIDATORS["campaign"].is_valid({"kind": "card", "id": "a"})


def test_nothing_under_a_tag_keeps_to_the_schema() -> None:
    delivery = {"type": "action_based", "triggers": [{"make_purchase": None}]}
    VALIDATORS["campaign"].validate(TRIGGER | {"delivery": delivery})


def test_a_segment_may_hold_itself_in_the_schema_without_end() -> None:
    tree: dict[str, object] = {"segment": "a"}
    for _ in range(20):
        tree = {"all": [{"not": tree}]}
    VALIDATORS["segment"].validate({"kind": "segment", "id": "a", "filter": tree})
