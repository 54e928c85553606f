"""The wizard's forms: whatever a definition holds survives every step that nobody touched."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Campaign
from ensue.web.dashboard.forms.compose import even, rescale, unvary, vary
from ensue.web.dashboard.forms.steps import STEPS, Tree, closed, opened, step_of
from ensue.web.dashboard.forms.view import View, Vocabulary
from ensue.web.dashboard.forms.working import rearranged, worked
from ensue.web.dashboard.pages import templates
from tests.codec.making import Dice, make_record
from tests.dashboard.reading import sent

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NUMBERS = st.lists(st.integers(0, 999), max_size=150)
BLOCK = """{% import "macros.html" as ui with context %}{% import "entries.html" as entry with context %}
{% import "filters.html" as build with context %}{% import "triggers.html" as start with context %}
{% import "content.html" as content with context %}"""
CAMPAIGN: Tree = {
    "kind": "campaign",
    "id": "c",
    "channels": {"push": {"title": "Hello"}},
    "delivery": {"type": "action_based", "triggers": [{"start_session": {}}], "delay": {"after": "1 day"}},
}


def shown(tree: Tree, step: str) -> str:
    """Render the fields of a step, without the page around them."""
    view = View(record=Campaign, tree=tree, zone=STOCKHOLM)
    source = templates().loader
    assert source is not None
    text, _, _ = source.get_source(templates(), f"wizard_{step}.html")
    block = text.partition("{% block step %}")[2].partition("{% endblock %}")[0]
    lines = [line for line in block.splitlines() if "{% include" not in line and "more." not in line]
    state = {"spells": (), "status": "draft", "id": "c"}
    values = {"view": view, "words": Vocabulary(), "zone": "Europe/Stockholm", "campaign": state}
    return templates().from_string(BLOCK + "\n".join(lines)).render(**values)


def resent(tree: Tree, step: str, **changes: list[str]) -> Tree:
    form = {**sent(shown(tree, step)), **changes}
    after = worked(Campaign, tree, form, STOCKHOLM)
    rearranged(after, form)
    return after


@settings(max_examples=60)
@given(numbers=NUMBERS)
def test_opening_and_closing_change_nothing(numbers: list[int]) -> None:
    data = json.loads(json.dumps(dump(make_record(Campaign, Dice(numbers)))))
    assert closed(opened(data)) == data


@pytest.mark.parametrize("step", ["compose", "delivery", "audience", "goals"])
@settings(max_examples=30)
@given(numbers=NUMBERS)
def test_a_step_that_nobody_touched_leaves_every_definition_as_it_was(step: str, numbers: list[int]) -> None:
    made = make_record(Campaign, Dice(numbers))
    assert build(Campaign, closed(resent(opened(dump(made)), step))) == made


def test_every_field_of_a_campaign_belongs_to_a_step() -> None:
    keys = {key for step in STEPS for key in step.keys}
    assert keys == {field.rstrip("_") for field in Campaign.__struct_fields__} - {"id"}
    assert step_of("delivery.triggers[0].make_purchase").name == "delivery"
    assert step_of("variations[1].share").name == "compose"
    assert step_of("").name == "review"


def test_what_is_typed_for_another_kind_of_delay_is_left_out() -> None:
    tree = resent(opened(CAMPAIGN), "delivery", **{"delivery.delay:kind": ["on_next"]})
    tree = resent(tree, "delivery", **{"delivery.delay.on_next": ["friday"], "delivery.delay.at": ["10:30"]})
    assert closed(tree)["delivery"] == {
        "type": "action_based",
        "triggers": [{"start_session": {}}],
        "delay": {"on_next": "friday", "at": "10:30", "zone": "workspace"},
    }
    assert "delay" not in closed(resent(tree, "delivery", **{"delivery.delay:kind": [""]}))["delivery"]  # type: ignore[operator]


def test_a_schedule_keeps_what_belongs_to_its_kind() -> None:
    tree = resent(opened({"kind": "campaign", "id": "c"}), "delivery", **{"delivery.type": ["scheduled"]})
    launch = resent(tree, "delivery", **{"delivery:when": ["launch"]})
    assert build(Campaign, closed(launch)) == build(
        Campaign, {"id": "c", "delivery": {"type": "scheduled", "at": "launch"}}
    )
    weekly = {
        "delivery:when": ["every"],
        "delivery.every": ["week"],
        "delivery.on": ["monday", "friday", "15"],
        "delivery.at_time": ["09:00"],
    }
    wanted = {"type": "scheduled", "every": "week", "on": ["monday", "friday"], "at_time": "09:00", "zone": "workspace"}
    assert closed(resent(launch, "delivery", **weekly))["delivery"] == wanted


def test_rows_of_triggers_come_and_go() -> None:
    tree = resent(
        opened(CAMPAIGN),
        "delivery",
        do=["add delivery.triggers"],
        **{"delivery.triggers:add": ["interact_with_campaign"]},
    )
    place = "delivery.triggers[1].interact_with_campaign"
    tree = resent(
        tree,
        "delivery",
        do=["remove delivery.triggers[0]"],
        **{f"{place}.campaign": ["news"], f"{place}.interaction": ["click_email"]},
    )
    found = build(Campaign, closed(tree)).delivery
    wanted = {"interact_with_campaign": {"campaign": "news", "interaction": "click_email"}}
    assert dump(found)["triggers"] == [wanted]  # type: ignore[arg-type]


def test_properties_are_rows_and_an_empty_one_is_none() -> None:
    data = {**CAMPAIGN, "delivery": {"type": "action_based", "triggers": [{"make_purchase": {}}]}}
    place = "delivery.triggers[0].make_purchase.where"
    rows = {
        f"{place}:property": ["color", "total", "total", ""],
        f"{place}:op": ["is", "at_least", "less_than", "is"],
        f"{place}:value": ["red", "100", "200", ""],
    }
    tree = closed(resent(opened(data), "delivery", **rows))
    where = {"color": {"is": "red"}, "total": {"at_least": 100, "less_than": 200}}
    assert tree["delivery"] == {"type": "action_based", "triggers": [{"make_purchase": {"where": where}}]}


def test_a_channel_that_is_switched_off_loses_its_content() -> None:
    tree = opened(CAMPAIGN)
    on = resent(tree, "compose", **{"channels.email:on": ["", "yes"], "channels.email.subject": ["Hi"]})
    assert closed(on)["channels"] == {"push": {"title": "Hello"}, "email": {"subject": "Hi"}}
    assert closed(resent(on, "compose", **{"channels.push:on": [""]}))["channels"] == {"email": {"subject": "Hi"}}


def test_parts_are_switched_on_and_off() -> None:
    on = {"re_eligibility:on": ["", "yes"], "re_eligibility.window": ["7", "days"], "control_group": ["12.5"]}
    tree = closed(resent(opened(CAMPAIGN), "goals", **on))
    assert tree["re_eligibility"] == {"window": "7 days"}
    assert tree["control_group"] == 12.5
    assert "quiet_hours" not in tree
    assert "re_eligibility" not in closed(resent(opened(tree), "goals", **{"re_eligibility:on": [""]}))


def test_one_message_becomes_variations_and_one_again() -> None:
    tree: Tree = {**opened(CAMPAIGN), "control_group": 10}
    vary(tree)
    vary(tree)
    assert [(one["name"], one["share"]) for one in tree["variations"]] == [("A", 30), ("B", 30), ("C", 30)]  # type: ignore[attr-defined]
    assert "channels" not in tree
    tree["control_group"] = 20
    assert rescale(tree, 10)
    assert [one["share"] for one in tree["variations"]] == [26.66, 26.66, 26.68]  # type: ignore[attr-defined]
    even(tree)
    unvary(tree, 2)
    unvary(tree, 0)
    assert closed(tree)["channels"] == {"push": {"title": "Hello"}}
    assert "variations" not in tree
