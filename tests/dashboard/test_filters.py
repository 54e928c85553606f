"""The filter builder: a tree goes out as boxes and comes back as it was, and its buttons change what they say."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Segment
from ensue.web.dashboard.forms.paths import find, parse
from ensue.web.dashboard.forms.view import Named, View, Vocabulary
from ensue.web.dashboard.forms.working import rearranged, untold, worked
from ensue.web.dashboard.pages import templates
from tests.codec.making import Dice, make_record
from tests.dashboard.reading import sent

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PAGE = """{% import "filters.html" as build with context %}{{ build.filters(view, "filter") }}"""
WORDS = Vocabulary(campaigns=(Named(id="a", name="News", status="draft"),), segments=(Named(id="no", name="No"),))
Form = dict[str, list[str]]
Tree = dict[str, object]


def shown(tree: Mapping[str, object]) -> str:
    view = View(record=Segment, tree=tree, zone=STOCKHOLM, words=WORDS)
    return templates().from_string(PAGE).render(view=view)


def resent(tree: Tree, changes: Mapping[str, list[str]], saved: Tree | None = None) -> Tree:
    """Send the form of a tree with changes, and return what comes of it."""
    form = {**sent(shown(tree)), **changes}
    after = worked(Segment, tree if saved is None else saved, form, STOCKHOLM)
    rearranged(after, form)
    return after


def segment(tree: object) -> Tree:
    return {"kind": "segment", "id": "s", "filter": tree}


LEAF = {"attribute": "country", "is": "SE"}


@settings(max_examples=150)
@given(numbers=st.lists(st.integers(0, 999), max_size=120))
def test_a_tree_that_nobody_touched_comes_back_as_it_was(numbers: list[int]) -> None:
    made = make_record(Segment, Dice([1, 0, 0, *numbers]))
    assert build(Segment, resent(dump(made), {})) == made


def test_without_a_filter_a_first_one_is_added() -> None:
    tree = resent({"kind": "segment", "id": "s"}, {"do": ["add filter"], "filter:add": ["event"]})
    assert tree["filter"] == {"all": [{"event": ""}]}


def test_a_filter_beside_a_lone_one_makes_a_group() -> None:
    tree = resent(segment(LEAF), {"do": ["add filter"], "filter:add": ["session"]})
    assert tree["filter"] == {"all": [LEAF, {"session": "any"}]}


def test_groups_nest_and_take_filters() -> None:
    tree = resent(segment({"all": [LEAF, {"not": {"any": []}}]}), {"do": ["add filter.all[1]"]})
    added = resent(tree, {"do": ["add filter.all[1]"], "filter.all[1]:add": ["group"]})
    assert added["filter"] == {"all": [LEAF, {"not": {"any": [{"attribute": "", "is": ""}, {"any": []}]}}]}


def test_the_last_filter_of_a_group_takes_the_group_along() -> None:
    tree = segment({"all": [LEAF, {"not": {"any": [LEAF]}}]})
    assert resent(tree, {"do": ["remove filter.all[1].not.any[0]"]})["filter"] == {"all": [LEAF]}
    assert "filter" not in resent(segment({"all": [LEAF]}), {"do": ["remove filter.all[0]"]})
    assert "filter" not in resent(segment({"not": {"not": LEAF}}), {"do": ["remove filter.not"]})


def test_a_group_joins_in_another_way() -> None:
    tree = segment({"all": [LEAF, {"any": [LEAF]}]})
    changed = resent(tree, {"filter:mode": ["none"], "filter.all[1]:mode": ["not_all"]})
    assert changed["filter"] == {"not": {"any": [LEAF, {"not": {"all": [LEAF]}}]}}


def test_a_filter_is_negated_and_affirmed() -> None:
    tree = resent(segment({"all": [LEAF]}), {"filter.all[0]:not": ["", "yes"]})
    assert tree["filter"] == {"all": [{"not": LEAF}]}
    assert resent(tree, {"filter.all[0]:not": [""]})["filter"] == {"all": [LEAF]}


def test_values_are_numbers_truth_values_lists_times_and_texts() -> None:
    tree = segment({"all": [{"attribute": "a", "is": ""}]})

    def typed(operator: str, value: str) -> object:
        changes = {"filter.all[0]:op": [operator], "filter.all[0]:value": [value]}
        after = resent(tree, changes)
        build(Segment, after)
        return find(after, parse("filter.all[0]"))

    assert typed("is", "7") == {"attribute": "a", "is": 7}
    assert typed("is", '"007"') == {"attribute": "a", "is": "007"}
    assert typed("is_not", "true") == {"attribute": "a", "is_not": True}
    assert typed("any_of", "SE, NO ,1.5") == {"attribute": "a", "any_of": ["SE", "NO", 1.5]}
    assert typed("missing", "") == {"attribute": "a", "exists": False}
    assert typed("before", "2026-07-01T09:00") == {"attribute": "a", "before": "2026-07-01T07:00:00Z"}
    assert typed("within_last", "3 days") == {"attribute": "a", "within_last": "3 days"}
    assert typed("", "") == {"attribute": "a"}


def test_a_duration_is_an_amount_and_a_unit() -> None:
    tree = segment({"event": "seen", "within": "1 day"})
    assert sent(shown(tree))["filter.within"] == ["1", "days"]
    assert resent(tree, {})["filter"] == {"event": "seen", "within": "1 day"}
    assert resent(tree, {"filter.within": ["2", "weeks"]})["filter"] == {"event": "seen", "within": "2 weeks"}
    assert resent(tree, {"filter.within": ["", "weeks"]})["filter"] == {"event": "seen"}


def test_rows_that_came_or_went_keep_what_belongs_to_them() -> None:
    saved = segment({"all": [{"event": "a", "count": {"matches": "x"}}, {"event": "b", "count": {"is": "2"}}]})
    shorter = resent(saved, {"do": ["remove filter.all[0]"]})
    again = resent(shorter, {"filter.all[0].event": ["c"]}, saved)
    assert again["filter"] == {"all": [{"event": "c", "count": {"is": "2"}}]}


def test_a_name_that_is_missing_is_asked_for_but_not_one_that_was_saved_empty() -> None:
    tree = resent(segment({"all": [LEAF]}), {"do": ["add filter"], "filter:add": ["event"]})
    assert [one.path for one in untold(Segment, tree, segment({"all": [LEAF]}))] == ["filter.all[1].event"]
    assert untold(Segment, tree, tree) == []


def test_what_a_stranger_sends_instead_of_a_tree_is_left_out() -> None:
    tree = segment({"all": [LEAF]})
    for base in ("[", '"text"', "[[[1]]]", '{"all": 3}', '{"all": [{"attribute": {"a": 1}}]}', "[" * 5000):
        assert resent(tree, {"filter:base": [base]})["filter"] == {"all": [LEAF]}
    odd = {"filter.all[9].attribute": ["x"], "filter.any": ["x"], "nothing.at.all": ["x"], "filter.all[0]": ["x"]}
    assert resent(tree, odd)["filter"] == {"all": [LEAF]}
