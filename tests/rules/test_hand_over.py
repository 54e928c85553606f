"""S9 to S12: from the outbox to the channel, and what its answers come to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Literal

import pytest
from msgspec.structs import replace

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.content.links import Tracker
from ensue.core.effects import Keep, Send
from ensue.core.events import (
    Accepted,
    AttributesChanged,
    CustomEventLogged,
    Failed,
    PushRegistered,
    PushUnregistered,
)
from ensue.parcels import Handed
from ensue.runners.delivery import Delivery
from tests.rules.desk import Desk
from tests.rules.play import Played, Stage, play, staged

BOTH = """
    campaigns:
      - {id: hello, channels: [email, push], triggers: [{custom_event: hi}], re_eligibility: {window: 0s}}
    users: [{id: ana, email: ana@example.com, push: true}]
"""


def greeted() -> Desk:
    """Ana's e-mail and push message lie in the outbox since +1h."""
    desk = Desk(BOTH)
    desk.does(CustomEventLogged, "+1h", name="hi")
    return desk


# ---------------------------------------------------------------- S9: into the outbox


# S9
def test_one_message_for_each_reachable_channel_goes_to_the_outbox_together_with_the_decision() -> None:
    desk = Desk(BOTH)
    effects = desk.does(CustomEventLogged, "+1h", name="hi")
    kept = [effect.decision.outcome for effect in effects if isinstance(effect, Keep)]
    sends = [effect.message.channel for effect in effects if isinstance(effect, Send)]
    assert (kept, sends) == (["sending"], ["email", "push"])
    assert desk.only("hello").channels == ("email", "push")


# S9
def test_a_message_knows_its_entry_version_and_variation() -> None:
    desk = greeted()
    message = desk.outbox[f"{desk.only('hello').id}.email"]
    assert (message.user, message.campaign, message.version, message.variation) == ("ana", "hello", 1, "A")
    assert message.entry == desk.only("hello").id
    assert message.created_at == desk.at("+1h")


# S9
def test_messages_under_way_hold_their_places_in_the_caps() -> None:
    desk = Desk("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        campaigns:
          - {id: hello, triggers: [{custom_event: hi}]}
          - {id: other, triggers: [{custom_event: bye}]}
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(CustomEventLogged, "+2h", name="bye")
    assert desk.outcomes("other") == ["suppressed (frequency_capped) at +2h"]


# S9
def test_an_unreachable_channel_gets_no_message() -> None:
    desk = Desk("campaigns: [{id: hello, channels: [email, push, webhook], triggers: [{custom_event: hi}]}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    assert desk.lying() == ["hello email", "hello webhook"]


# ---------------------------------------------------------------- S10: the campaign's rate limit


@contextmanager
def delivered(text: str, transport: SimulatedTransport | None = None) -> Iterator[Stage]:
    """A stage whose messages go through this transport, at the pace of the campaigns' rate limits."""
    carrier = transport or SimulatedTransport()
    with staged(text) as stage:
        bench = stage.bench
        render = renderer(bench.runner, Tracker("secret", "https://links.example.com"), SIMULATED_MAIL)
        delivery = Delivery(
            bench.runner,
            bench.clock,
            carriers=lambda: dict.fromkeys(("email", "push", "in_app_message", "webhook"), carrier),
            render=render,
        )
        everything = [one.id for one in stage.scenario.campaigns]
        paced = Stage(replace(bench, deliver=delivery.run_once), stage.scenario)
        paced.move("launch", *everything, at="+0s")
        yield paced


LIMITED = """
    campaigns: [{id: hello, triggers: [{custom_event: hi}], rate_limit: {per_minute: 2}}]
    users: [ana, bo, cy, dee, eve]
"""


# S10
def test_above_the_rate_limit_messages_wait_in_the_outbox() -> None:
    with delivered(LIMITED) as stage:
        for user in ("ana", "bo", "cy", "dee", "eve"):
            stage.does(CustomEventLogged, "+1h", user=user, name="hi")
        assert stage.played().got("hello") == ["ana", "bo"]
        assert stage.outcomes("cy", "hello") == ["sending at +1h"]
        stage.until("+1h59.999999s")
        assert stage.played().got("hello") == ["ana", "bo"]
        stage.until("+1h1m")
        assert stage.played().got("hello") == ["ana", "bo", "cy", "dee"]
        stage.until("+1h2m")
        assert stage.outcomes("eve", "hello") == ["sent at +1h2m"]


# S10
def test_a_rate_limit_holds_for_its_campaign_alone() -> None:
    with delivered("""
        campaigns:
          - {id: hello, triggers: [{custom_event: hi}], rate_limit: {per_minute: 1}}
          - {id: other, triggers: [{custom_event: hi}]}
        users: [ana, bo]
    """) as stage:
        for user in ("ana", "bo"):
            stage.does(CustomEventLogged, "+1h", user=user, name="hi")
        assert stage.played().got("hello") == ["ana"]
        assert stage.played().got("other") == ["ana", "bo"]


# S10
@pytest.mark.parametrize(
    ("at", "outcome"),
    [("+3d1h", "sent at +3d1h"), ("+3d1h0.000001s", "suppressed (rate_limited) at +3d1h0.000001s")],
)
def test_a_message_that_waited_for_more_than_72_hours_is_rate_limited(at: str, outcome: str) -> None:
    with delivered("""
        campaigns: [{id: hello, triggers: [{custom_event: hi}], rate_limit: {per_minute: 1}}]
        users: [ana, bo]
    """) as stage:
        for user in ("ana", "bo"):
            stage.does(CustomEventLogged, "+1h", user=user, name="hi")
        stage.until(at)
        assert stage.outcomes("bo", "hello") == [outcome]


# ---------------------------------------------------------------- S11: rendering


def rendered(html: str, steps: str = "") -> Played:
    return play(f"""
        workspace: {{frequency_caps: [{{channel: email, at_most: 1, days: 1}}]}}
        campaigns:
          - id: hello
            triggers: [start_session]
            channels:
              email:
                subject: S
                html: "{html}"
          - {{id: other, triggers: [{{custom_event: hi}}]}}
        users: [{{id: ana, email: ana@example.com, attributes: {{country: XX}}}}]
        timeline:
          - {{at: +1h, does: start_session}}
          - {{at: +2h, does: custom_event, name: hi}}
          {steps}
    """)


FAULTY = r"<p>\n\n{% if ${country} == 'XX' %}{{ 1 | divided_by: 0 }}{% endif %}</p>"
"""Renders for everybody but those of the country XX."""
ABORTING = "{% abort_message('no stock') %}"


# S11
def test_a_template_may_abort_its_message_and_its_text_is_kept() -> None:
    played = rendered(ABORTING)
    assert played.outcomes("ana", "hello") == ["suppressed (aborted) at +1h"]
    assert played.only("ana", "hello").facts == {"email": "no stock"}


# S11
def test_a_template_error_is_kept_with_line_and_cause() -> None:
    played = rendered(FAULTY)
    assert played.outcomes("ana", "hello") == ["suppressed (template_error) at +1h"]
    words = str(played.only("ana", "hello").facts["email"])
    assert "line 3" in words
    assert "divide by 0" in words


# S11
@pytest.mark.parametrize("html", [ABORTING, FAULTY])
def test_the_places_in_the_caps_are_given_back(html: str) -> None:
    assert rendered(html).outcomes("ana", "other") == ["sent at +2h"]


# S11, R1
@pytest.mark.parametrize("html", [ABORTING, FAULTY])
def test_a_message_that_was_not_rendered_is_no_receipt(html: str) -> None:
    played = rendered(html, "- {at: +2d, set: {country: SE}}\n          - {at: +3d, does: start_session}")
    assert played.refusals("ana", "hello") == []
    assert len(played.outcomes("ana", "hello")) == 2


# S11
def test_only_the_place_of_the_message_that_failed_is_given_back() -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.fail("+1h", reason="aborted", channel="email")
    desk.accept("+1h", channel="push")
    assert desk.places() == ["push"]


# ---------------------------------------------------------------- S12: what the channel answers


# S12
def test_the_outcome_is_sent_when_the_channel_accepted() -> None:
    desk = greeted()
    assert desk.claim("+2h") == ["email", "push"]
    assert desk.outcomes("hello") == ["sending at +1h"]
    desk.accept("+3h")
    assert desk.outcomes("hello") == ["sent at +3h"]
    assert desk.lying() == []


# S12, choice 20
def test_sent_is_the_outcome_as_soon_as_one_channel_accepted_and_later_ones_are_added() -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.accept("+2h", channel="push")
    assert desk.outcomes("hello") == ["sent at +2h"]
    assert desk.only("hello").channels == ("push",)
    desk.accept("+3h", channel="email")
    assert set(desk.only("hello").channels) == {"email", "push"}
    assert desk.only("hello").outcome == "sent"


# S12, choice 20
@pytest.mark.parametrize("first", ["fails", "is accepted"])
def test_a_refusal_beside_an_acceptance_leaves_the_outcome_sent(first: str) -> None:
    desk = greeted()
    desk.claim("+1h")
    if first == "fails":
        desk.fail("+2h", channel="email")
        desk.accept("+3h", channel="push")
    else:
        desk.accept("+2h", channel="push")
        desk.fail("+3h", channel="email")
    assert desk.only("hello").outcome == "sent"
    assert desk.only("hello").channels == ("push",)


# S12
def test_while_one_channel_has_not_answered_a_refusal_of_the_other_is_no_outcome() -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.fail("+2h", channel="email")
    assert desk.outcomes("hello") == ["sending at +1h"]


# S12
def test_if_every_channel_refused_for_good_the_providers_words_are_kept() -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.fail("+2h", detail="550 no such user", channel="email")
    desk.fail("+3h", detail="410 gone", channel="push")
    assert desk.outcomes("hello") == ["suppressed (delivery_failed) at +3h"]
    assert desk.only("hello").facts == {"email": "550 no such user", "push": "410 gone"}
    assert desk.places() == []


GRAVEST = ["delivery_failed", "rate_limited", "template_error", "aborted"]


# S10, S11, S12, choice 20
@pytest.mark.parametrize("one", GRAVEST)
@pytest.mark.parametrize("other", GRAVEST)
def test_of_several_refusals_the_gravest_is_the_reason(one: str, other: str) -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.fail("+2h", reason=one, channel="email")
    desk.fail("+2h", reason=other, channel="push")
    gravest = min(one, other, key=GRAVEST.index)
    assert desk.outcomes("hello") == [f"suppressed ({gravest}) at +2h"]


# S12
def test_after_a_refusal_the_campaign_can_be_triggered_again() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.claim("+1h")
    desk.fail("+1h")
    desk.does(CustomEventLogged, "+2h", name="hi")
    assert desk.outcomes("hello") == ["suppressed (delivery_failed) at +1h", "sending at +2h"]
    assert desk.refusals("hello") == []


# S12
def test_an_in_app_message_is_sent_when_it_lies_ready_and_received_when_it_was_viewed() -> None:
    played = play("""
        campaigns: [{id: hello, channels: [in_app_message], triggers: [start_session]}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: view_in_app_message, campaign: hello}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]
    assert played.states["ana"].campaigns["hello"].last_receipt_at == played.at("+2h")


# S12
def test_an_answer_that_comes_twice_changes_nothing() -> None:
    desk = greeted()
    desk.claim("+1h")
    desk.accept("+2h")
    before = desk.state
    ((entry, message),) = [(one.id, f"{one.id}.email") for one in desk.kept.values()]
    desk.does(Failed, "+3h", id="", entry=entry, message=message, reason="delivery_failed")
    desk.does(Accepted, "+4h", id="", entry=entry, message=message)
    assert desk.state == before
    assert desk.outcomes("hello") == ["sent at +2h"]


# S12
def test_a_permanent_refusal_of_the_channel_is_delivery_failed_in_its_words() -> None:
    refusing = SimulatedTransport(answer=Handed(result="permanent", detail="550 no such user"))
    with delivered("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]", refusing) as stage:
        stage.does(CustomEventLogged, "+1h", name="hi")
        assert stage.outcomes("ana", "hello") == ["suppressed (delivery_failed) at +1h"]
        assert stage.played().only("ana", "hello").facts == {"email": "550 no such user"}
        assert len(refusing.parcels) == 1


# S12
@pytest.mark.parametrize("result", ["accepted", "permanent", "passing"])
def test_a_device_that_its_service_does_not_know_any_more_is_forgotten_whatever_the_others_answered(
    result: Literal["accepted", "permanent", "passing"],
) -> None:
    carrier = SimulatedTransport(answer=Handed(result=result, gone=("old",)))
    text = """
        campaigns: [{id: hello, channels: [push], triggers: [{custom_event: hi}]}]
        users: [ana]
    """
    with delivered(text, carrier) as stage:
        for token in ("old", "new"):
            stage.does(PushRegistered, "+1m", id=token, token=token)
        stage.does(CustomEventLogged, "+1h", name="hi")
        assert list(stage.played().states["ana"].devices) == ["new"]
        (told,) = [event for event in unregistrations(stage) if event.token == "old"]
        stage.until("+2h")
        assert [event.id for event in unregistrations(stage)] == [told.id]  # however often it was said
        devices = [list(parcel.content.devices) for parcel in carrier.parcels]  # type: ignore[union-attr]  # push messages
        assert devices[0] == ["old", "new"]
        assert devices[1:] == [["new"]] * (len(devices) - 1)


def unregistrations(stage: Stage) -> list[PushUnregistered]:
    """Return the devices that were taken away from Ana, as far as they count."""
    events = [tale.event for tale in stage.bench.runner.read(lambda store: store.ledger.events_of("ana", 1000))]
    return [event for event in events if isinstance(event, PushUnregistered)]


def tries(stage: Stage, transport: SimulatedTransport) -> list[float]:
    """Let the time pass from one possible hand-over to the next; return the seconds of every try since the first."""
    seconds: list[float] = []
    count = 0
    for _ in range(200):
        now = stage.bench.clock.now()
        seconds += [(now - stage.start).total_seconds()] * (len(transport.parcels) - count)
        count = len(transport.parcels)
        following = stage.bench.runner.read(lambda store: store.journal.next_claimable())
        if following is None:
            break
        stage.until(f"+{(following - stage.start).total_seconds():.6f}s")
    return [second - seconds[0] for second in seconds]


# S12
def test_a_passing_fault_is_tried_again_with_growing_pauses_for_up_to_72_hours() -> None:
    busy = SimulatedTransport(answer=Handed(result="passing", detail="421 try later"))
    with delivered("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]", busy) as stage:
        stage.does(CustomEventLogged, "+1h", name="hi")
        at = tries(stage, busy)
        pauses = [later - earlier for earlier, later in pairwise(at)]
        longest = timedelta(hours=1).total_seconds()
        assert pauses[:4] == [5, 10, 20, 40]
        assert pauses == sorted(pauses)
        assert pauses[-1] == longest
        assert timedelta(hours=71).total_seconds() < at[-1] <= timedelta(hours=72).total_seconds()
        (outcome,) = stage.outcomes("ana", "hello")
        assert outcome.startswith("suppressed (delivery_failed)")


# S12
def test_a_message_that_was_tried_again_goes_out_under_the_same_id_with_the_profile_of_that_moment() -> None:
    carrier = SimulatedTransport(answer=Handed(result="passing"))
    text = """
        campaigns:
          - id: hello
            triggers: [{custom_event: hi}]
            channels: {email: {subject: "Hi {{ ${first_name} }}", html: "<p>S</p>"}}
        users: [{id: ana, email: ana@example.com, attributes: {first_name: Ana}}]
    """
    with delivered(text, carrier) as stage:
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.does(AttributesChanged, "+1h1s", attributes={"first_name": "Anna"})
        carrier.answer = Handed(result="accepted")
        stage.until("+1h5s")
        assert stage.outcomes("ana", "hello") == ["sent at +1h5s"]
        first, second = carrier.parcels
        assert first.id == second.id
        assert b"Hi Anna" in second.content.content  # type: ignore[union-attr]  # it is an e-mail
