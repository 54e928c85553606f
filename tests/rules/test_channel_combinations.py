"""Campaigns with several channels, in every combination: reachability, receipts and failures channel by channel."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from msgspec.structs import replace

from ensue.bootstrap import RUNNERS, SIMULATED_MAIL, RunnerName, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.content.links import Tracker
from ensue.core.events import CampaignInteracted, CustomEventLogged
from ensue.core.words import CHANNELS
from ensue.parcels import Handed
from ensue.runners.delivery import Delivery
from tests.rules.desk import Desk
from tests.rules.play import Stage, play, staged

COMBINATIONS = [chosen for n in range(1, 5) for chosen in combinations(CHANNELS, n)]
RECEIPTS = {
    "email": "receive_email",
    "push": "receive_push",
    "in_app_message": "view_in_app_message",
    "webhook": "receive_webhook",
}
REACHED = "{id: ana, email: ana@example.com, push: true}"
REACHABLE_BY = {
    REACHED: {"email", "push", "in_app_message", "webhook"},
    "{id: ana, email: ana@example.com}": {"email", "in_app_message", "webhook"},
    "{id: ana, push: true}": {"push", "in_app_message", "webhook"},
    "{id: ana}": {"in_app_message", "webhook"},
}
every_combination = pytest.mark.parametrize("channels", COMBINATIONS, ids="+".join)


def follow_on(channel: str) -> str:
    return f"after-{channel.replace('_', '-')}"


def listed(channels: tuple[str, ...]) -> str:
    return f"[{', '.join(channels)}]"


def begun(channels: tuple[str, ...]) -> Desk:
    """The messages for ana, who is reachable by all channels, are in the hands of theirs since +1h."""
    desk = Desk(f"""
        users: [{REACHED}]
        campaigns: [{{id: offer, channels: {listed(channels)}, triggers: [{{custom_event: go}}]}}]
    """)
    desk.does(CustomEventLogged, "+1h", name="go")
    assert desk.claim("+1h") == list(channels)
    return desk


# ---------------------------------------------------------------- who is reached


@every_combination
@pytest.mark.parametrize("user", REACHABLE_BY, ids=["email+push", "email", "push", "neither"])
def test_a_message_goes_by_those_channels_that_reach_the_user(channels: tuple[str, ...], user: str) -> None:  # S6
    played = play(f"""
        users: [{user}]
        campaigns: [{{id: offer, channels: {listed(channels)}, triggers: [{{custom_event: go}}]}}]
        timeline: [{{at: +1h, does: custom_event, name: go}}]
    """)
    reached = tuple(channel for channel in channels if channel in REACHABLE_BY[user])
    decision = played.only("ana", "offer")
    if reached:
        assert (decision.outcome, decision.channels) == ("sent", reached)
    else:
        assert (decision.outcome, decision.reason) == ("suppressed", "not_reachable")
    receipts = [f"{RECEIPTS[one]} at +1h" for one in reached if one != "in_app_message"]
    assert played.interactions("ana", "offer") == receipts  # R1


# ---------------------------------------------------------------- what counts as received, and when


@every_combination
def test_each_channel_makes_the_receipt_of_its_own_and_the_first_is_the_entrys(channels: tuple[str, ...]) -> None:  # R1
    desk, made = begun(channels), []
    for hour, channel in enumerate(channels, start=2):
        desk.accept(f"+{hour}h", channel)
        if channel == "in_app_message":
            desk.does(CampaignInteracted, f"+{hour}h", campaign="offer", interaction="view_in_app_message")
        assert desk.state is not None
        touch = desk.state.campaigns["offer"]
        made.append((len(touch.receipts), touch.receipts[0].at, touch.last_receipt_at))
    first = desk.at("+2h")
    assert made == [(1, first, desk.at(f"+{hour}h")) for hour in range(2, len(channels) + 2)]
    assert desk.only("offer").channels == channels


@every_combination
def test_an_accepted_in_app_message_is_no_receipt_until_it_is_viewed(channels: tuple[str, ...]) -> None:  # R1
    desk = begun(channels)
    desk.accept("+2h")
    assert desk.state is not None
    touch = desk.state.campaigns["offer"]
    assert len(touch.receipts) == (0 if channels == ("in_app_message",) else 1)
    assert (touch.unviewed is not None) == ("in_app_message" in channels)


# ---------------------------------------------------------------- when some fail


@every_combination
def test_one_channel_that_fails_leaves_the_others_to_be_sent(channels: tuple[str, ...]) -> None:  # S12
    for failing in channels:
        desk = begun(channels)
        desk.fail("+2h", detail="no", channel=failing)
        others = tuple(channel for channel in channels if channel != failing)
        for channel in others:
            desk.accept("+3h", channel)
        if others:
            assert desk.outcomes("offer") == ["sent at +3h"]
            assert desk.only("offer").channels == others
        else:
            assert desk.outcomes("offer") == ["suppressed (delivery_failed) at +2h"]
            assert desk.only("offer").facts == {failing: "no"}
        assert desk.lying() == []
        assert failing not in desk.places()


@every_combination
def test_when_all_fail_the_campaign_was_not_received_and_each_says_why(channels: tuple[str, ...]) -> None:  # S12
    desk = begun(channels)
    for channel in channels:
        desk.fail("+2h", detail=f"{channel} is down", channel=channel)
    assert desk.outcomes("offer") == ["suppressed (delivery_failed) at +2h"]
    assert desk.only("offer").facts == {channel: f"{channel} is down" for channel in channels}
    assert desk.state is not None
    assert desk.state.campaigns == {}
    assert desk.places() == []


@every_combination
def test_a_channel_that_is_tried_again_does_not_hold_the_others_up(channels: tuple[str, ...]) -> None:  # S12
    desk = begun(channels)
    last = channels[-1]
    desk.defer("+2h", last)
    for channel in channels[:-1]:
        desk.accept("+2h", channel)
    assert desk.lying() == [f"offer {last}"]
    assert desk.claim("+3h", last) == [last]
    assert desk.only("offer").outcome == ("sent" if len(channels) > 1 else "sending")
    desk.accept("+3h", last)
    assert set(desk.only("offer").channels) == set(channels)


# ---------------------------------------------------------------- what follows


@pytest.mark.parametrize("runner", RUNNERS)
@every_combination
def test_a_follow_on_hears_of_each_channel_and_of_no_other(channels: tuple[str, ...], runner: RunnerName) -> None:
    follow_ons = ", ".join(
        f"{{id: {follow_on(channel)}, channels: [webhook], triggers: [{{offer: {receipt}}}]}}"
        for channel, receipt in RECEIPTS.items()
    )
    played = play(
        f"""
        users: [{REACHED}]
        campaigns: [{{id: offer, channels: {listed(channels)}, triggers: [{{custom_event: go}}]}}, {follow_ons}]
        timeline:
          - {{at: +1h, does: custom_event, name: go}}
          {"- {at: +2h, does: view_in_app_message, campaign: offer}" if "in_app_message" in channels else ""}
    """,
        runner,
    )
    heard = {channel: played.outcomes("ana", follow_on(channel)) for channel in CHANNELS}
    expected = {channel: [f"sent at +{'2h' if channel == 'in_app_message' else '1h'}"] for channel in channels}
    assert heard == {channel: expected.get(channel, []) for channel in CHANNELS}


# ---------------------------------------------------------------- through delivery and the simulation

ABORT = "{% abort_message('not here') %}"
ABORTING = {
    "email": f'{{subject: S, html: "{ABORT}"}}',
    "push": f'{{title: "{ABORT}"}}',
    "in_app_message": f'{{body: "{ABORT}"}}',
    "webhook": f'{{url: "https://example.com/hook", body: "{ABORT}"}}',
}
PLAIN = {
    "email": '{subject: S, html: "<p>S</p>"}',
    "push": "{title: S}",
    "in_app_message": "{body: S}",
    "webhook": '{url: "https://example.com/hook"}',
}


@every_combination
def test_a_channel_that_aborts_leaves_the_others_to_be_sent_in_a_simulation_too(channels: tuple[str, ...]) -> None:
    for aborting in channels:  # S11
        content = ", ".join(f"{one}: {(ABORTING if one == aborting else PLAIN)[one]}" for one in channels)
        played = play(f"""
            users: [{REACHED}]
            campaigns: [{{id: offer, channels: {{{content}}}, triggers: [{{custom_event: go}}]}}]
            timeline: [{{at: +1h, does: custom_event, name: go}}]
        """)
        others = tuple(channel for channel in channels if channel != aborting)
        decision = played.only("ana", "offer")
        if others:
            assert (decision.outcome, set(decision.channels)) == ("sent", set(others))
        else:
            assert (decision.outcome, decision.reason) == ("suppressed", "aborted")
            assert decision.facts == {aborting: "not here"}


@every_combination
def test_what_one_service_refuses_the_others_deliver(channels: tuple[str, ...]) -> None:  # S12
    for failing in channels:
        carriers: dict[str, SimulatedTransport] = {channel: SimulatedTransport() for channel in CHANNELS}
        carriers[failing].answer = Handed(result="permanent", detail="gone")
        with staged(f"""
            users: [{REACHED}]
            campaigns: [{{id: offer, channels: {listed(channels)}, triggers: [{{custom_event: go}}]}}]
        """) as world:
            stage = delivering(world, carriers)
            stage.move("launch", "offer", at="+0s")
            stage.does(CustomEventLogged, "+1h", name="go")
            decision = stage.played().only("ana", "offer")
        others = {channel for channel in channels if channel != failing}
        assert decision.outcome == ("sent" if others else "suppressed")
        assert set(decision.channels) == others
        assert {channel for channel, carrier in carriers.items() if carrier.parcels} == set(channels)


def delivering(stage: Stage, carriers: Mapping[str, SimulatedTransport]) -> Stage:
    """The stage, whose messages go through these transports."""
    bench = stage.bench
    render = renderer(bench.runner, Tracker("secret", "https://links.example.com"), SIMULATED_MAIL)
    delivery = Delivery(bench.runner, bench.clock, carriers=lambda: dict(carriers), render=render)
    return Stage(replace(bench, deliver=delivery.run_once), stage.scenario)
