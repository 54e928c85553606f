"""Time, order and duplicates: O1 to O4, I1 and I2, and what `choices.md` says in 29. O5 is in `tests/conformance`."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from ensue.core.decide import decide
from ensue.core.effects import Decision, Keep
from ensue.core.events import (
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Event,
    Purchased,
    SessionStarted,
    SubscriptionChanged,
)
from ensue.core.profile import remembered
from ensue.core.state import SEEN, UserState
from ensue.errors import Rejected
from ensue.services.tracking import Reported
from tests.rules.desk import Desk
from tests.rules.play import Stage, happening, instant, play, staged

EVERY_TIME = "campaigns: [{id: offer, triggers: [{custom_event: go}], re_eligibility: {window: 0s}}]"


# ---------------------------------------------------------------- O1: the same id twice


def test_an_event_with_an_id_that_was_there_changes_nothing() -> None:  # O1
    desk = Desk(EVERY_TIME)
    desk.does(CustomEventLogged, "+1h", id="e1", name="go")
    before = desk.state
    assert desk.does(CustomEventLogged, "+2h", id="e1", name="go") == ()
    assert desk.state == before
    assert before is not None
    assert before.events["go"].count == 1
    desk.does(CustomEventLogged, "+2h", id="e2", name="go")
    assert len(desk.outcomes("offer")) == 2


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Purchased, {"product": "lamp", "price": 1.0}),
        (SessionStarted, {}),
        (CustomEventLogged, {"name": "other"}),
        (AttributesChanged, {"attributes": {"plan": "pro"}}),
        (SubscriptionChanged, {"channel": "push", "to": "opted_in"}),
        (CampaignInteracted, {"campaign": "offer", "interaction": "open_email"}),
        (CardInteracted, {"card": "spring", "interaction": "view_card"}),
    ],
)
def test_the_id_counts_whatever_the_kind_of_event(kind: type[Event], fields: dict[str, Any]) -> None:  # O1
    with staged(EVERY_TIME) as stage:
        assert stage.does(kind, "+1h", id="e1", **fields)
        assert not stage.does(kind, "+2h", id="e1", **fields)
        assert not stage.does(CustomEventLogged, "+3h", id="e1", name="go")
        assert stage.outcomes("ana", "offer") == []


def test_another_user_may_have_the_same_id() -> None:  # O1, O2
    with staged(f"users: [ana, bo]\n{EVERY_TIME}") as stage:
        stage.move("launch", "offer", at="+0s")
        assert stage.does(CustomEventLogged, "+1h", id="e1", name="go")
        assert stage.does(CustomEventLogged, "+1h", id="e1", name="go", user="bo")
        assert stage.outcomes("bo", "offer") == ["sent at +1h"]


@pytest.mark.parametrize("later", ["+7d1h", "+7d59m59s"])
def test_an_id_is_remembered_for_seven_days(later: str) -> None:  # O1
    # choices.md 29
    desk = Desk(EVERY_TIME)
    desk.does(CustomEventLogged, "+1h", id="e1", name="go")
    for day in range(1, 8):
        desk.does(SessionStarted, f"+{day}d")
    assert desk.does(CustomEventLogged, later, id="e1", name="go") == ()


def test_ids_are_remembered_in_the_state_so_a_restart_forgets_none() -> None:  # O1
    desk = Desk(EVERY_TIME)
    desk.does(CustomEventLogged, "+1h", id="e1", name="go")
    stored = msgspec.msgpack.encode(desk.state)
    desk.state = msgspec.msgpack.decode(stored, type=UserState)
    assert desk.does(CustomEventLogged, "+2h", id="e1", name="go") == ()


def test_twenty_thousand_ids_of_a_user_are_remembered_and_the_oldest_is_forgotten_first() -> None:  # O1
    # choices.md 29
    at = Desk(EVERY_TIME).at("+1d")
    first = remembered((), "first", at)
    assert first is not None
    ((day, mark),) = first
    others = b"".join(number.to_bytes(8, "big") for number in range(1, SEEN - 1))
    full = remembered(((day, mark + others),), "second", at)
    assert full is not None
    assert remembered(full, "first", at) is None
    assert remembered(full, "second", at) is None
    beyond = remembered(full, "third", at)
    assert beyond is not None
    assert sum(len(marks) for _, marks in beyond) == SEEN * 8
    assert remembered(beyond, "first", at) is not None
    assert remembered(beyond, "second", at) is None


# ---------------------------------------------------------------- O2: order of arrival, and due times first


WAITING = """
    campaigns:
      - id: nudge
        triggers: [{custom_event: go}]
        delay: {after: 1h}
        recheck_audience: true
        audience: {filter: {attribute: plan, is_not: none}}
        exceptions: [{custom_event: stop}, {change_attribute: plan}]
    users: [{id: ana, email: ana@example.com, attributes: {plan: free}}]
"""


def test_what_was_due_before_an_event_is_settled_before_it() -> None:  # O2
    desk = Desk(WAITING)
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.does(AttributesChanged, "+2h", attributes={"plan": "none"})
    assert desk.outcomes("nudge") == ["sending at +2h"]


def test_what_is_due_at_the_very_time_of_an_event_is_settled_before_it() -> None:  # O2
    # choices.md 10
    desk = Desk(WAITING)
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.does(AttributesChanged, "+1h", attributes={"plan": "none"})
    assert desk.outcomes("nudge") == ["sending at +1h"]


def test_what_is_due_after_the_time_of_an_event_waits_for_it_however_late_it_arrives() -> None:  # O2, X6
    desk = Desk(WAITING)
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.does(CustomEventLogged, "+2h", happened="+59m59s", name="stop")
    assert desk.outcomes("nudge") == ["cancelled (custom_event) at +59m59s"]


def test_what_arrives_late_is_not_preceded_by_what_became_due_after_it() -> None:  # O2, X6
    desk = Desk(WAITING.replace("email: ana@example.com, ", ""))
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.does(CustomEventLogged, "+2h", happened="+59m59s", name="stop")
    assert desk.outcomes("nudge") == ["cancelled (custom_event) at +59m59s"]


def test_events_are_taken_in_the_order_of_their_arrival_not_of_their_times() -> None:  # O2
    desk = Desk("""
        campaigns:
          - {id: pros, triggers: [{custom_event: go}], audience: {filter: {attribute: plan, is: pro}}}
    """)
    desk.does(CustomEventLogged, "+3h", happened="+2h", name="go")
    desk.does(AttributesChanged, "+3h", happened="+1h", attributes={"plan": "pro"})
    assert desk.refusals("pros") == ["not_in_audience"]


def test_entries_that_are_due_at_one_instant_are_settled_by_due_time_then_launch_then_id() -> None:  # O2, T10
    # choices.md 10
    text = """
        workspace: {frequency_caps: [{at_most: 1, days: 1}]}
        campaigns:
          - {id: b, triggers: [{custom_event: go}], delay: {after: 2h}}
          - {id: a, triggers: [{custom_event: go}], delay: {after: 2h}}
          - {id: z, triggers: [{custom_event: go}], delay: {after: 2h}}
          - {id: q, triggers: [{custom_event: go}], delay: {after: 3h}}
        timeline:
          - {at: +0s, launch: [q, z]}
          - {at: +1m, launch: [b, a]}
          - {at: +1h, does: custom_event, name: go}
    """
    played = play(text)
    assert played.got("z") == ["ana"]
    assert {played.only("ana", name).reason for name in "abq"} == {"frequency_capped"}
    without = play(text.replace("[q, z]", "q"))
    assert without.got("a") == ["ana"]


def test_different_users_are_independent() -> None:  # O2
    together = play(f"users: [ana, bo]\n{EVERY_TIME}\n" + _going("ana", 1) + _going("bo", 1, 2))
    alone = play(f"users: [ana, bo]\n{EVERY_TIME}\n" + _going("ana", 1))
    assert together.of("ana", "offer") == alone.of("ana", "offer")


def _going(user: str, *hours: int) -> str:
    head = "timeline:\n" if user == "ana" else ""
    return head + "".join(
        f"  - {{at: +{hour}h, id: e{hour}, user: {user}, does: custom_event, name: go}}\n" for hour in hours
    )


# ---------------------------------------------------------------- O3: times


def test_a_time_in_the_future_is_taken_as_now() -> None:  # O3
    desk = Desk(EVERY_TIME)
    desk.does(CustomEventLogged, "+1h", happened="+5h", name="go")
    decision = desk.only("offer")
    assert (decision.triggered_at, decision.due_at, decision.at) == (desk.at("+1h"),) * 3
    assert desk.state is not None
    assert desk.state.events["go"].last_at == desk.at("+1h")


def test_times_hold_to_the_microsecond() -> None:  # O3
    desk = Desk("campaigns: [{id: offer, triggers: [{custom_event: go}], delay: {after: 1h}}]")
    at = desk.start + timedelta(hours=1, microseconds=123_457)
    decision = decided(desk, at)
    assert (decision.triggered_at, decision.due_at) == (at, at + timedelta(hours=1))


def decided(desk: Desk, at: datetime) -> Decision:
    """What is decided on an event that happened at that time, and arrives two hours after the start."""
    event = CustomEventLogged(id=f"at {at}", user="ana", at=at, received_at=desk.at("+2h"), name="go")
    kept = [effect.decision for effect in decide(desk.state, event, desk.plan).effects if isinstance(effect, Keep)]
    return kept[-1]


def test_a_microsecond_decides() -> None:  # O3, T2
    desk = Desk(EVERY_TIME)
    assert decided(desk, desk.start - timedelta(microseconds=1)).reason == "not_yet_active"
    assert decided(desk, desk.start).outcome == "sending"


# ---------------------------------------------------------------- O4: a function


def test_the_same_question_has_the_same_answer_and_leaves_what_it_was_given_alone() -> None:  # O4
    desk = Desk(WAITING)
    desk.does(CustomEventLogged, "+0s", name="go")
    plan, state = desk.plan, desk.state
    stored = msgspec.msgpack.encode(state)
    event = happening(CustomEventLogged, desk.start, "+30m", name="stop")
    first, second = decide(state, event, plan), decide(state, event, desk.plan)
    assert first == second
    assert first.state != state
    assert msgspec.msgpack.encode(state) == stored


def test_nothing_is_different_a_year_later() -> None:  # O4
    def ids(start: str) -> list[tuple[str, str]]:
        played = play(f"start: {start}\n{EVERY_TIME}\n{_going('ana', 1, 2)}")
        return [(one.outcome, str(one.at - played.start)) for one in played.of("ana", "offer")]

    assert ids("2026-03-02T09:00:00Z") == ids("2031-11-30T23:59:59Z")


# ---------------------------------------------------------------- I1: repeated deliveries of an interaction


FOLLOWED = """
    users: [ana, bo]
    cards: [{id: spring, title: Spring}]
    campaigns:
      - id: echo
        triggers: [{news: open_email}, {news: click_email}, {spring: view_card}]
        re_eligibility: {window: 0s}
      - {id: news}
"""


def launched(stage: Stage) -> str:
    """Launch everything; return the id of ana's message."""
    stage.move("launch", "echo", "news", "spring", at="+0s")
    return f"{stage.played().only('ana', 'news').id}.email"


def report(stage: Stage, arrives: str, fields: dict[str, object]) -> bool:
    """Report an interaction from outside, by default that ana opened a mail; say whether it was new."""
    stage.until(arrives)
    given = {"user": "ana", "interaction": "open_email"} | fields
    (is_new,) = stage.bench.tracking.report([msgspec.convert(given, Reported)])
    return is_new


def test_the_same_event_id_counts_once() -> None:  # I1
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        assert report(stage, "+1h", {"message": message, "id": "e1"})
        assert not report(stage, "+2h", {"message": message, "id": "e1"})
        assert len(stage.played().of("ana", "echo")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"interaction": "open_email"},
        {"interaction": "click_email", "link": "shop"},
        {"interaction": "view_card", "card": "spring"},
    ],
)
def test_a_retry_without_an_id_is_known_by_message_kind_and_the_clients_time(fields: dict[str, object]) -> None:  # I1
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        given = fields if "card" in fields else fields | {"message": message}
        assert report(stage, "+1h", given | {"at": instant("+30m", stage.start)})
        assert not report(stage, "+2h", given | {"at": instant("+30m", stage.start)})
        assert len(stage.played().of("ana", "echo")) == 1
        assert report(stage, "+3h", given | {"at": instant("+31m", stage.start)})


def test_opens_and_clicks_of_different_links_are_not_the_same() -> None:  # I1
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        about: dict[str, object] = {"message": message, "at": instant("+30m", stage.start)}
        assert report(stage, "+1h", about)
        for link in ("shop", "news", None):
            assert report(stage, "+1h", about | {"interaction": "click_email", "link": link})


# ---------------------------------------------------------------- I2: attribution


def test_an_interaction_is_attributed_by_its_message() -> None:  # I2
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        report(stage, "+1h", {"message": message})
        made = [event for event in stage.played().log if isinstance(event, CampaignInteracted)]
        (opened,) = [event for event in made if event.interaction == "open_email"]
        entry = stage.played().only("ana", "news")
        assert (opened.campaign, opened.entry, opened.variation, opened.channel) == ("news", entry.id, "A", "email")
        assert stage.outcomes("ana", "echo") == ["sending at +1h"]


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"user": "nobody", "campaign": "news"}, "unknown_user", "interactions[0].user"),
        ({"message": "m1"}, "unknown_message", "interactions[0].message"),
        ({"message": "{message}", "user": "bo"}, "unknown_message", "interactions[0].message"),
        ({"campaign": "new"}, "unknown_campaign", "campaign"),
        ({"message": "{message}", "campaign": "echo"}, "mismatch", "interactions[0].campaign"),
        ({}, "missing", "interactions[0].campaign"),
        ({"interaction": "view_card"}, "missing", "interactions[0].card"),
        ({"interaction": "view_card", "card": "sprig"}, "unknown_card", "card"),
    ],
)
def test_what_names_something_unknown_is_refused_with_its_place(
    fields: dict[str, object], code: str, path: str
) -> None:  # I2
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        named = {name: message if value == "{message}" else value for name, value in fields.items()}
        with pytest.raises(Rejected) as refusal:
            report(stage, "+1h", named)
        (problem,) = refusal.value.problems
        assert (problem.code, problem.path.removeprefix("interactions[0].")) == (
            code,
            path.removeprefix("interactions[0]."),
        )
        assert problem.hint


def test_one_that_is_refused_refuses_all_of_the_request_and_nothing_is_kept() -> None:  # I2
    with staged(FOLLOWED) as stage:
        message = launched(stage)
        before = stage.played()
        stage.until("+1h")
        good = Reported(user="ana", interaction="open_email", message=message)
        bad = Reported(user="ana", interaction="open_email", message="m1")
        with pytest.raises(Rejected, match=r"interactions\[1\]"):
            stage.bench.tracking.report([good, bad])
        assert stage.played() == before


def test_a_call_of_the_api_for_somebody_or_something_unknown_is_refused() -> None:  # I2
    with staged("""
        campaigns:
          - {id: called, delivery: {type: api_triggered}}
          - {id: draft, delivery: {type: api_triggered}}
          - {id: news}
    """) as stage:
        stage.move("launch", "called", "news", at="+0s")
        call = stage.bench.tracking.call
        for campaign, user, code in (
            ("called", "nobody", "unknown_user"),
            ("call", "ana", "unknown_campaign"),
            ("news", "ana", "not_api_triggered"),
            ("draft", "ana", "not_active"),
        ):
            with pytest.raises(Rejected) as refusal:
                call(campaign, [user], {}, "e1")
            assert [problem.code for problem in refusal.value.problems] == [code]
        call("called", ["ana"], {}, "e1")
        call("called", ["ana"], {}, "e1")
        assert len(stage.played().of("ana", "called")) == 1
