"""YAML files: every problem has its line, scalars are read by YAML 1.2, and no file can do harm."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.codec.findings import LIMIT
from ensue.codec.nodes import MAX_BYTES, MAX_DEPTH, read_nodes
from ensue.codec.yaml import load_documents
from ensue.core.conditions import AttributeFilter
from ensue.core.records import Campaign, Card, Scheduled, Segment
from ensue.errors import Problem, Rejected
from tests.codec.rejecting import problem_in, problems_in

CAMPAIGN = """\
kind: campaign
id: cart-second-nudge
delivery:
  type: action_based
  triggers:
    - interact_with_campaign: {campain: a, interaction: open_mail}
  delay: {after: soon}
audience:
  filter:
    all:
      - {attribute: country, is: SE}
      - attribute: age
        more_then: 5
"""


def place_of(problem: Problem) -> tuple[int | None, int | None]:
    return problem.line, problem.column


def test_every_problem_has_its_line_and_column() -> None:
    problems = problems_in(CAMPAIGN)
    assert [(problem.path, place_of(problem)) for problem in problems] == [
        ("delivery.triggers[0].interact_with_campaign.campain", (6, 32)),
        ("delivery.triggers[0].interact_with_campaign.interaction", (6, 57)),
        ("delivery.delay.after", (7, 18)),
        ("audience.filter.all[1].more_then", (13, 9)),
    ]
    assert str(problems[0]).startswith(
        "file.yaml:6:32: delivery.triggers[0].interact_with_campaign.campain: unknown key"
    )


def test_a_missing_key_is_placed_where_it_should_be() -> None:
    problem = problem_in("kind: segment\nid: a\nfilter:\n  not:\n    campaign: b\n")
    assert (problem.path, place_of(problem)) == ("filter.not.has", (5, 5))


def test_every_document_of_a_file_is_read_and_its_problems_have_their_lines() -> None:
    problems = problems_in("kind: card\nid: A\n---\nkind: card\nid: b\n---\nkind: segment\nid: C\n")
    assert [(problem.path, place_of(problem)) for problem in problems] == [("id", (2, 5)), ("id", (8, 5))]


def test_documents_come_in_the_order_of_the_file_and_empty_ones_are_passed_over() -> None:
    documents = load_documents("---\nkind: card\nid: a\n---\n---\n# nothing\n---\nkind: segment\nid: a\n---\n")
    assert documents == [Card(id="a"), Segment(id="a")]
    assert load_documents("") == load_documents("# nothing\n") == []


def test_a_file_says_what_it_is() -> None:
    problem = problem_in("id: a\n")
    assert (problem.path, problem.message) == ("kind", "missing key 'kind'")
    assert problem.hint == "One of: campaign, card, segment, scenario."
    assert problem_in("kind: campain\nid: a\n").hint.startswith("One of: campaign, ")
    assert problem_in("just a text").message == "expected a mapping, found the text 'just a text'"
    assert problem_in("- a").message == "expected a mapping, found a list"


def test_an_id_stands_once_in_a_file() -> None:
    problem = problem_in("kind: card\nid: a\n---\nkind: segment\nid: a\n---\nkind: card\nid: a\n")
    assert (problem.code, place_of(problem)) == ("duplicate_id", (8, 5))


def test_a_key_stands_once_in_a_mapping() -> None:
    problem = problem_in("kind: card\nid: a\ntitle: One\ntitle: Two\n")
    assert (problem.code, place_of(problem)) == ("duplicate_key", (4, 1))
    assert problem.hint == "It stood in line 3 already; keep one."


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("kind: card\ntitle: a: b\n", (2, 9), "Put a text that holds a colon in quotes."),
        ("kind: card\n\tid: a\n", (2, 1), "Indent with spaces, not tabs."),
        ("kind: card\ntags: [a\nid: b\n", (3, 3), "Look at the indentation, and at quotes and brackets"),
        ("kind: card\ntitle: 'a\n", (3, 1), "Look at the indentation, and at quotes and brackets"),
        ("kind: card\ntitle: *a\n", (2, 8), ""),
        ("kind: card\n? [a]\n: b\n", (2, 3), "Write a word as the key."),
        ("kind: card\nid: !!python/name:os.system a\n", (2, 5), "Remove it."),
        ("kind: card\ntags: !!set [a]\n", (2, 7), "Remove it."),
        ("kind: card\ntitle: \x01\n", (2, 8), "Remove it."),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, place: tuple[int, int], hint: str) -> None:
    problem = problem_in(text)
    assert problem.code == "syntax"
    assert problem.line == place[0]
    assert problem.hint.startswith(hint)
    if "[a\n" not in text:  # where a bracket is missed is for the parser to say
        assert problem.column == place[1]


def test_scalars_are_read_by_yaml_1_2() -> None:
    text = """\
kind: campaign
id: no
delivery: {type: scheduled, every: week, on: [monday], at_time: 09:00, start: 2026-03-02T09:00:00Z}
audience: {filter: {attribute: country, any_of: [NO, on, yes, 010, 0x10, 0o10, 1e1, 1_0, 12:30, ~x, true, .5, -3]}}
"""
    (campaign,) = load_documents(text)
    assert isinstance(campaign, Campaign)
    assert isinstance(campaign.delivery, Scheduled)
    assert campaign.delivery.on == ("monday",)
    assert isinstance(campaign.audience.filter, AttributeFilter)
    any_of = ("NO", "on", "yes", 10, 16, 8, 10.0, "1_0", "12:30", "~x", True, 0.5, -3)
    assert campaign.audience.filter.any_of == any_of


def test_quotes_and_tags_make_texts() -> None:
    assert read_nodes("['5', \"true\", !!str 5, ! 5, '']")[0].plain() == ["5", "true", "5", "5", ""]


def test_numbers_that_are_none_are_refused_with_their_place() -> None:
    for text in (".inf", "-.inf", ".nan", "1e999", "9" * 40, "9" * 5_000):
        problem = problem_in(f"kind: campaign\nid: a\ncontrol_group: {text}\n")
        assert (problem.code, place_of(problem)) == ("out_of_range", (3, 16))


def test_anchors_are_allowed() -> None:
    text = "kind: card\nid: a\ntitle: &t Sale\ndescription: *t\ntags: &tags [b]\naudience: {segments: *tags}\n"
    (card,) = load_documents(text)
    assert isinstance(card, Card)
    assert (card.description, card.audience.segments) == ("Sale", ("b",))


def test_an_anchor_holds_for_its_document_only() -> None:
    assert problem_in("kind: card\nid: &a a\n---\nkind: card\nid: *a\n").message == "there is no anchor 'a'"


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    began = time.perf_counter()
    assert problem_in("\n".join(lines)).code == "too_large"
    assert time.perf_counter() - began < 5


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    assert problem_in("a: &a [*a]").message == "there is no anchor 'a'"


def test_depth_and_size_are_bounded() -> None:
    assert problem_in("[" * 10_000).code == "too_deep"
    assert problem_in("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH).code == "too_deep"
    assert problem_in("# " + "x" * MAX_BYTES).code == "too_large"
    assert problem_in("a: [" + "x," * 200_000 + "]").code == "too_large"
    nested = "\n".join([f"a{i}: &a{i} [{f'*a{i - 1}' if i else 'x'}]" for i in range(MAX_DEPTH + 5)])
    assert problem_in(nested).code == "too_deep"


def test_a_file_full_of_problems_ends_the_reading() -> None:
    assert len(problems_in("kind: card\nid: A\n---\n" * 1_000)) == LIMIT
    assert len(problems_in("kind: card\nid: a\n" + "id: a\n" * 1_000)) == LIMIT


@given(at=st.integers(0, 10_000), what=st.sampled_from("\t \n:-[]{}&*!|>'\"%@`#,?\\~<\0\x85\ufeff😀"))
def test_a_slip_in_a_file_is_read_or_refused_with_a_place_and_never_a_crash(at: int, what: str) -> None:
    index = at % len(CAMPAIGN)
    try:
        load_documents(CAMPAIGN[:index] + what + CAMPAIGN[index:])
    except Rejected as error:
        places = [place_of(problem) for problem in error.problems]
    else:
        places = []
    assert all(line and column for line, column in places)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_bytes(b"\xef\xbb\xbfkind: card\r\nid: a\r\ntitle: A\r\n")
    assert load_documents(path.read_bytes().decode("utf-8")) == [Card(id="a", title="A")]
