"""Charts: they say in words what they show, keep inside their frame, and name no colour."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ensue.web.dashboard.svg import Bar, Series, Stage, bars, funnel, time_series

VALUES = st.lists(st.floats(0, 10_000_000), max_size=40)


def tree(drawing: Markup) -> ET.Element:
    return ET.fromstring(f"<x>{drawing}</x>")  # noqa: S314  (it is our own)


def charts(values: list[float]) -> list[Markup]:
    days = [f"day {place}" for place in range(len(values))]
    return [
        time_series("Sent", days, [Series(name="Sent", values=tuple(values)), Series(name="None", values=())]),
        bars("Variations", [Bar(name=f"<{place}>", value=value) for place, value in enumerate(values)]),
        funnel("Funnel", [Stage(name="Stage", value=value, lost=(("a reason", value / 2),)) for value in values]),
    ]


@given(VALUES)
def test_every_chart_is_well_formed_and_says_what_it_shows(values: list[float]) -> None:
    for drawing in charts(values):
        titles = [one.text for one in tree(drawing).iter("title")]
        assert titles
        assert "style=" not in drawing
        assert not re.search(r'fill="|stroke="|#[0-9a-f]{3}', drawing)


@given(VALUES)
def test_nothing_is_drawn_outside_of_its_frame(values: list[float]) -> None:
    for drawing in charts(values):
        for width in re.findall(r'width="([\d.e+-]+)%"', drawing):
            assert 0 <= float(width) <= 100
        for line in re.findall(r' points="([^"]*)"', drawing):
            for point in line.split():
                x, y = map(float, point.split(","))
                assert -0.01 <= x <= 100.01
                assert -0.01 <= y <= 100.01


@pytest.mark.parametrize(
    ("most", "lines"),
    [(0, ["1"]), (1, ["1"]), (3, ["1", "2", "3"]), (100, ["50", "100"]), (10_000_000, ["5,000,000", "10,000,000"])],
)
def test_the_lines_of_a_chart_stand_at_round_numbers(most: float, lines: list[str]) -> None:
    drawing = time_series("Sent", ["Monday"], [Series(name="Sent", values=(most,))])
    said = [one.text for one in tree(drawing).iter("text")]
    assert said == [*lines, "Monday"]


def test_a_phone_has_room_for_the_labels() -> None:
    days = [str(place) for place in range(365)]
    drawing = time_series("Sent", days, [Series(name="Sent", values=(1.0,) * 365)])
    assert len([one for one in tree(drawing).iter("text") if one.text in days]) <= 6


def test_a_funnel_tells_shares_of_its_first_stage_and_who_was_lost() -> None:
    stages = [Stage(name="Entered", value=10, lost=(("bought", 4),)), Stage(name="Sent", value=6)]
    drawing = funnel("Funnel", stages)
    said = [one.text for one in tree(drawing).iter("text")]
    assert said == ["Entered", "10", "− bought", "4", "Sent", "6 · 60.0 %"]
    assert "Entered: 10 (lost: bought 4); Sent: 6." in drawing


def test_names_are_escaped_and_long_ones_shortened() -> None:
    drawing = bars("<Bars>", [Bar(name="<b>" + "x" * 50, value=1)])
    assert "&lt;Bars&gt;" in drawing
    assert "<b>" not in drawing
    assert next(one.text for one in tree(drawing).iter("text")) == "<b>" + "x" * 30 + "…"
