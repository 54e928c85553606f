"""Scenarios: every kind of step, and names that must be known."""

from datetime import UTC, datetime, timedelta

import pytest

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.codec.scenario import (
    ApiStep,
    Archive,
    AttributesStep,
    CampaignStep,
    CardStep,
    CustomEventStep,
    DeleteStep,
    Expectation,
    Launch,
    PurchaseStep,
    PushStep,
    Resume,
    Scenario,
    SessionStep,
    Stop,
    SubscriptionStep,
    TimelineStep,
)
from ensue.codec.yaml import dump_yaml, load_documents
from tests.codec.rejecting import problem_in, problem_of, problems_in

SCENARIO = """\
kind: scenario
id: resend-to-non-openers
start: 2026-03-02T09:00:00Z
workspace:
  frequency_caps:
    - channel: email
      at_most: 1
      days: 1
segments:
  - id: swedes
    filter:
      attribute: country
      is: SE
cards:
  - id: spring
campaigns:
  - id: newsletter
    channels:
      email:
        subject: News
    delivery:
      type: scheduled
      at: launch
  - id: newsletter-again
    delivery:
      type: action_based
      triggers:
        - interact_with_campaign:
            campaign: newsletter
            interaction: receive_email
      delay:
        after: 1 week
users:
  - id: ana
    email: ana@example.com
  - id: bo
    push: true
    time_zone: Europe/Stockholm
    attributes:
      plan: pro
    subscription:
      email: opted_in
timeline:
  - at: +0s
    launch:
      - newsletter-again
      - spring
  - at: +1m
    launch: newsletter
  - at: +2d
    user: ana
    does: open_email
    campaign: newsletter
    happened: +1d
    id: e1
until: +10d
expect:
  - user: ana
    campaign: newsletter-again
    outcome: cancelled
    exception: open_email
    at: +2d
  - user: bo
    campaign: newsletter-again
    outcome: sent
    due_at: 2026-03-09T09:01:00Z
    channels:
      - email
"""
HOUR = timedelta(hours=1)
STEPS: list[tuple[dict[str, object], TimelineStep]] = [
    ({"at": "+1h", "launch": "a"}, Launch(at=HOUR, launch=("a",))),
    ({"at": "+1h", "launch": ["a", "b"]}, Launch(at=HOUR, launch=("a", "b"))),
    ({"at": "+1h", "stop": "a"}, Stop(at=HOUR, stop=("a",))),
    ({"at": "+1h", "resume": "a"}, Resume(at=HOUR, resume=("a",))),
    ({"at": "+1h", "archive": "a"}, Archive(at=HOUR, archive=("a",))),
    (
        {"at": "+1h", "user": "u", "does": "open_email", "campaign": "a", "happened": "+1m", "opens": "machine"},
        CampaignStep(
            at=HOUR, user="u", does="open_email", campaign="a", opens="machine", happened=timedelta(minutes=1)
        ),
    ),
    (
        {"at": "+1h", "user": "u", "does": "click_card", "card": "a", "id": "e1"},
        CardStep(at=HOUR, user="u", does="click_card", card="a", id="e1"),
    ),
    (
        {"at": "+1h", "user": "u", "does": "make_purchase", "product": "lamp", "price": 49.5, "currency": "EUR"},
        PurchaseStep(at=HOUR, user="u", does="make_purchase", product="lamp", price=49.5, currency="EUR"),
    ),
    (
        {"at": "+1h", "user": "u", "does": "custom_event", "name": "x", "properties": {"a": [1, None]}},
        CustomEventStep(at=HOUR, user="u", does="custom_event", name="x", properties={"a": [1, None]}),
    ),
    ({"at": "+1h", "user": "u", "does": "start_session"}, SessionStep(at=HOUR, user="u", does="start_session")),
    (
        {"at": "+1h", "user": "u", "does": "register_push", "platform": "ios"},
        PushStep(at=HOUR, user="u", does="register_push", platform="ios"),
    ),
    (
        {"at": "+1h", "user": "u", "does": "api", "campaign": "a"},
        ApiStep(at=HOUR, user="u", does="api", campaign="a"),
    ),
    ({"at": "+1h", "user": "u", "set": {"plan": None}}, AttributesStep(at=HOUR, user="u", set_={"plan": None})),
    (
        {"at": "+1h", "user": "u", "subscription": {"email": "unsubscribed"}},
        SubscriptionStep(at=HOUR, user="u", subscription={"email": "unsubscribed"}),
    ),
    ({"at": "+1h", "user": "u", "delete": True}, DeleteStep(at=HOUR, user="u", delete=True)),
]


@pytest.mark.parametrize(("data", "step"), STEPS)
def test_every_kind_of_step_is_read_and_written(data: dict[str, object], step: TimelineStep) -> None:
    assert build(TimelineStep, data) == step
    assert dump(step) == data


def test_a_scenario_is_read_and_written_alike() -> None:
    (scenario,) = load_documents(SCENARIO)
    assert isinstance(scenario, Scenario)
    assert scenario.expect[1].due_at == datetime(2026, 3, 9, 9, 1, tzinfo=UTC)
    assert load_documents(dump_yaml(scenario)) == [scenario]
    tail = SCENARIO[SCENARIO.index("segments:") :]
    assert tail.replace("until: +10d\n", "") in dump_yaml(scenario).replace("until: +10d\n", "")


@pytest.mark.parametrize(
    ("data", "code", "path", "hint"),
    [
        ({"at": "+1h", "lunch": "a"}, "unknown_key", "lunch", "Give one of: launch, stop, resume, archive, set"),
        ({"at": "+1h", "user": "u"}, "missing_key", "", "Give one of: launch, "),
        ({"at": "+1h", "user": "u", "does": "open_mail"}, "wrong_value", "does", "One of: open_email, "),
        ({"at": "+1h", "user": "u", "does": "open_email"}, "missing_key", "campaign", "Add campaign"),
        ({"at": "+1h", "user": "u", "does": "view_card"}, "missing_key", "card", "Add card"),
        ({"at": "+1h", "user": "u", "does": "start_session", "campaign": "a"}, "unknown_key", "campaign", "Known keys"),
        ({"at": "+1h", "user": "u", "does": "start_session", "delete": True}, "ambiguous", "", "Give one of"),
        ({"at": "+1h", "user": "u", "delete": False}, "wrong_value", "delete", "One of: true."),
        ({"at": "+1h", "user": "u", "delete": 1}, "wrong_value", "delete", "One of: true."),
        ({"at": "+1h", "launch": []}, "wrong_length", "launch", "Add some."),
        ({"at": "+1h", "launch": "A"}, "wrong_format", "launch", "An id is made of"),
        ({"at": "1h", "launch": "a"}, "wrong_format", "at", "an offset from the start such as +1h"),
        ({"at": "-1h", "launch": "a"}, "wrong_format", "at", "an offset from the start such as +1h"),
        ({"at": "+1x", "launch": "a"}, "wrong_format", "at", "Write a number and a unit"),
        ({"at": "2026-03-02T09:00:00", "launch": "a"}, "no_zone", "at", "Add a time zone"),
        ({"at": 5, "launch": "a"}, "wrong_format", "at", "an offset from the start"),
        ({"launch": "a"}, "missing_key", "at", "it is an offset such as +1h, or a timestamp"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(data: dict[str, object], code: str, path: str, hint: str) -> None:
    problem = problem_of(TimelineStep, data)
    assert (problem.code, problem.path) == (code, path)
    assert hint in problem.hint


def test_a_scenario_says_when_it_ends() -> None:
    assert problem_in(SCENARIO.replace("until: +10d\n", "")).path == "until"


def test_an_expectation_takes_known_outcomes_reasons_and_names() -> None:
    data = {"user": "a", "campaign": "b", "outcome": "refused", "reason": "already_waiting", "trigger": "make_purchase"}
    assert dump(build(Expectation, data)) == data
    for key, word in (("outcome", "send"), ("reason", "not_reachble"), ("exception", "opened"), ("trigger", "buy")):
        assert problem_of(Expectation, data | {key: word}).path == key


BO_WAITS = "  - user: bo\n    campaign: newsletter-again"
OPENS = "    user: ana\n    does: open_email\n    campaign: newsletter\n"


@pytest.mark.parametrize(
    ("old", "new", "path", "culprit", "hint"),
    [
        (OPENS, OPENS.replace("ana", "anna"), "timeline[2].user", "user: anna", "Did you mean 'ana'?"),
        (OPENS, OPENS.replace("news", "new"), "timeline[2].campaign", "campaign: newletter", "mean 'newsletter'?"),
        (OPENS, "    user: ana\n    does: view_card\n    card: x\n", "timeline[2].card", "card: x", "Known: spring."),
        (
            OPENS,
            "    user: ana\n    does: api\n    campaign: x\n",
            "timeline[2].campaign",
            "campaign: x",
            "Known: news",
        ),
        ("      - spring\n", "      - sprint\n", "timeline[0].launch[1]", "- sprint", "Did you mean 'spring'?"),
        ("    launch: newsletter\n", "    stop: zzz\n", "timeline[1].stop", "stop: zzz", "Known: newsletter, "),
        ("    launch: newsletter\n", "    resume: zzz\n", "timeline[1].resume", "resume: zzz", "Known: newsletter, "),
        (
            "    launch: newsletter\n",
            "    archive: zzz\n",
            "timeline[1].archive",
            "archive: zzz",
            "Known: newsletter, ",
        ),
        (BO_WAITS, BO_WAITS.replace("bo", "ben"), "expect[1].user", "- user: ben", "Known: ana, bo."),
        (BO_WAITS, BO_WAITS.replace("again", "agian"), "expect[1].campaign", "newsletter-agian", "'newsletter-again'?"),
        ("  - id: bo\n", "  - id: ana\n", "users[1].id", "- id: ana", "Choose another."),
        ("  - id: newsletter\n", "  - id: spring\n", "campaigns[0].id", "- id: spring", "Choose another."),
    ],
)
def test_a_name_that_is_not_brought_along_or_taken_is_refused(
    old: str, new: str, path: str, culprit: str, hint: str
) -> None:
    assert old in SCENARIO
    text = SCENARIO.replace(old, new, 1)
    problem = problems_in(text)[0]
    assert problem.path == path
    assert problem.line is not None
    assert culprit in text.splitlines()[problem.line - 1]
    assert hint in problem.hint


def test_the_code_tells_what_is_unknown() -> None:
    assert problem_in(SCENARIO.replace(OPENS, OPENS.replace("ana", "eve"))).code == "unknown_user"
    assert problem_in(SCENARIO.replace(OPENS, OPENS.replace("news", "new"))).code == "unknown_campaign"
    assert problem_in(SCENARIO.replace("      - spring\n", "      - autumn\n")).code == "unknown_campaign_or_card"
    assert problem_in(SCENARIO.replace("  - id: bo\n", "  - id: ana\n").replace("user: bo", "user: ana")).code == (
        "duplicate_id"
    )
