"""What is written is read back: of every record, and of every file."""

import json
from datetime import time, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ensue.codec.build import build
from ensue.codec.documents import KINDS
from ensue.codec.dump import dump
from ensue.codec.yaml import dump_yaml, load_documents
from ensue.core.conditions import AttributeFilter, Audience
from ensue.core.contents import Email
from ensue.core.records import Campaign, Card, Conversion, QuietHours, Scheduled, Segment
from ensue.core.triggers import MakePurchase
from tests.codec.making import Dice, every_record, make_record

NUMBERS = st.lists(st.integers(0, 999), max_size=120)
FILES = sorted(file for file in (Path(__file__).parents[2] / "examples").rglob("*.yaml") if file.parent.name != "tests")


@pytest.mark.parametrize("record", every_record(), ids=lambda record: record.__name__)
@settings(max_examples=25)
@given(numbers=NUMBERS)
def test_every_record_is_read_back_as_it_was_written(record: type[msgspec.Struct], numbers: list[int]) -> None:
    value = make_record(record, Dice(numbers))
    data = json.loads(json.dumps(dump(value)))
    assert build(record, data) == value


@pytest.mark.parametrize("record", [Campaign, Card, Segment])
@settings(max_examples=60)
@given(numbers=NUMBERS)
def test_every_file_is_read_back_as_it_was_written(record: type[msgspec.Struct], numbers: list[int]) -> None:
    value = make_record(record, Dice(numbers))
    text = dump_yaml(value)
    assert load_documents(text) == [value]
    assert dump_yaml(load_documents(text)[0]) == text


@settings(max_examples=200)
@example("\x85")
@example("a\r\nb")
@example("\ufeff\u2028")
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_survives_a_file(text: str) -> None:
    card = Card(id="a", name=text, tags=(text,), title=f"{text} {text}", description=f"{text}\n{text}")
    written = dump_yaml(card)
    assert load_documents(written) == [card]
    assert dump_yaml(load_documents(written)[0]) == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_keep_their_meaning_when_they_are_written_anew(path: Path) -> None:
    documents = load_documents(path.read_text(encoding="utf-8"), path.name)
    assert [load_documents(dump_yaml(document)) for document in documents] == [[document] for document in documents]


def test_a_document_begins_with_its_kind_and_keeps_the_order_of_the_definition() -> None:
    campaign = Campaign(
        id="a",
        name="A",
        audience=Audience(segments=("everyone",), filter=AttributeFilter(attribute="country", is_="NO")),
        conversions=(Conversion(event=MakePurchase(), window=timedelta(days=3)),),
    )
    assert dump_yaml(campaign) == (
        "kind: campaign\n"
        "id: a\n"
        "name: A\n"
        "audience:\n"
        "  segments:\n"
        "    - everyone\n"
        "  filter:\n"
        "    attribute: country\n"
        "    is: 'NO'\n"
        "conversions:\n"
        "  - make_purchase: {}\n"
        "    window: 3 days\n"
    )


def test_texts_of_several_lines_are_blocks_and_letters_of_all_languages_stay() -> None:
    text = dump_yaml(Card(id="a", title="Åäö 😀", description="One\nTwo\n"))
    assert "title: Åäö 😀\n" in text
    assert "description: |\n  One\n  Two\n" in text


def test_wire_names_lose_the_underscore_and_whole_shares_their_point() -> None:
    assert dump(Email(from_="a@example.com")) == {"from": "a@example.com"}
    assert dump(Campaign(id="a", control_group=10.0)) == {"kind": "campaign", "id": "a", "control_group": 10}


def test_a_file_has_whole_shares_without_a_point_and_all_clock_times_in_quotes() -> None:
    campaign = Campaign(id="a", control_group=10.0, quiet_hours=QuietHours(from_=time(22), to=time(8)))
    assert dump_yaml(campaign).endswith("control_group: 10\nquiet_hours:\n  from: '22:00'\n  to: '08:00'\n")


def test_an_outside_tag_is_written_also_where_the_record_stands_alone() -> None:
    assert dump(MakePurchase()) == {"make_purchase": {}}
    assert build(MakePurchase, {"make_purchase": None}) == MakePurchase()


def test_a_time_without_an_offset_stays_local_in_a_schedule() -> None:
    data = {"type": "scheduled", "at": "2026-03-02T09:00:00", "zone": "user"}
    assert dump(build(Scheduled, data)) == data


def test_each_kind_of_document_has_a_name() -> None:
    assert {record.__struct_config__.tag for record in KINDS.values()} == set(KINDS)
