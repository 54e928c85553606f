"""Backtests: a campaign over what people really did, with nobody sent anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from ensue.backtests import Backtest, How, Totals
from ensue.bootstrap import simulation_bench
from ensue.core.effects import Decision
from ensue.core.events import CustomEventLogged, Failed, Purchased, SessionStarted
from ensue.core.records import Campaign
from ensue.errors import Rejected
from ensue.services.backtests import KEPT, BacktestJobs, Meter, Stopped, Wanted
from ensue.services.simulation import Bench, simulate
from tests.rules.play import campaign_of, instant, scenario_of, told

NEWS = """
    users: [ana, bo, cy, di]
    campaigns:
      - {id: news, triggers: [{custom_event: hi}]}
    timeline:
      - {at: +0s, launch: [news]}
      - {at: +1h, does: custom_event, name: hi}
      - {at: +1h, does: custom_event, name: hi, user: bo}
      - {at: +2h, does: open_email, campaign: news}
      - {at: +2h, does: open_email, campaign: news, user: bo}
      - {at: +4h, does: make_purchase, product: lamp}
      - {at: +5h, does: open_email, campaign: news, user: cy}
      - {at: +6h, user: cy, delete: true}
      - {at: +2d, does: open_email, campaign: news, user: di}
    until: +52h
"""
NUDGE = "{id: nudge, triggers: [{news: open_email}], delay: {after: 1 day}, exceptions: [make_purchase]}"


class Past:
    """What happened, and backtests of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.start = bench.clock.now()
        names = count(1)
        self.jobs = BacktestJobs(bench.runner, bench.clock, lambda: f"b{next(names)}")

    def run(self, campaign: str | Campaign, *, how: How | None = None, **more: Any) -> Backtest:  # noqa: ANN401  # as `start` takes it
        """Run a backtest to its end."""
        started = self.jobs.start(Wanted(campaign=campaign, how=how), **more)
        assert started.status == "waiting"
        self.jobs.work()
        return self.jobs.load(started.id)

    def came_of(self, text: str, **more: Any) -> list[str]:  # noqa: ANN401  # likewise
        """Return what would have come of a campaign that is written as in a story, as `ana: sent at +1d`."""
        return self.told(self.run(campaign_of(text), **more))

    def told(self, backtest: Backtest) -> list[str]:
        return sorted(f"{one.user}: {told(one, self.start)}" for one in decisions(backtest.result))


def decisions(totals: Totals | None) -> list[Decision]:
    assert totals is not None
    return [one for some in totals.samples.values() for one in some]


@contextmanager
def lived(text: str) -> Iterator[Past]:
    """Live through a story; what it leaves is the past."""
    scenario = scenario_of(text)
    with simulation_bench("simulated", scenario.start) as bench:
        past = Past(bench)
        simulate(scenario, bench)
        yield past


@pytest.fixture
def past() -> Iterator[Past]:
    with lived(NEWS) as found:
        yield found


# ---------------------------------------------------------------- a campaign that was never live


def test_a_draft_shows_who_would_have_entered_been_sent_and_cancelled(past: Past) -> None:  # B2
    assert past.came_of(NUDGE) == [
        "ana: cancelled (make_purchase) at +4h",
        "bo: sent at +1d2h",
        "cy: suppressed (user_deleted) at +6h",
        "di: waiting until +3d",
    ]


def test_totals_are_told_by_outcome_and_by_day(past: Past) -> None:  # B2
    totals = past.run(campaign_of(NUDGE)).result
    assert totals is not None
    assert totals.outcomes == {"cancelled:make_purchase": 1, "sent": 1, "suppressed:user_deleted": 1, "waiting": 1}
    assert (totals.entered, totals.users_sent, totals.variations) == (4, 1, {"A": 1})
    assert [(one.day.day, one.entered, one.sent, one.cancelled, one.suppressed) for one in totals.days] == [
        (2, 3, 0, 1, 1),
        (3, 0, 1, 0, 0),
        (4, 1, 0, 0, 0),
    ]


def test_nothing_is_delivered_or_recorded(past: Past) -> None:  # B2
    def kept() -> object:
        return past.bench.runner.read(
            lambda store: (
                store.ledger.events(),
                store.ledger.decisions(),
                store.ledger.messages(),
                store.journal.load("a"),
            )
        )

    before = kept()
    past.run(campaign_of(NUDGE))
    assert kept() == before
    assert past.bench.deliver() == 0
    assert past.bench.runner.plan.campaigns.keys() == {"news"}


def test_only_triggers_that_arrived_within_the_span_count(past: Past) -> None:
    start, end = instant("+2h1m", past.start), instant("+1d", past.start)
    assert past.came_of(NUDGE, start=start, end=end) == ["cy: suppressed (user_deleted) at +6h"]


def test_the_profile_at_the_start_of_the_span_is_that_of_the_time_before() -> None:
    with lived("""
        users: [{id: ana, email: a@example.com, attributes: {plan: free}}, {id: bo, email: b@example.com}]
        timeline:
          - {at: +1h, set: {plan: pro}}
          - {at: +2h, does: custom_event, name: hi}
          - {at: +2h, does: custom_event, name: hi, user: bo}
          - {at: +1d, does: custom_event, name: go}
          - {at: +1d, does: custom_event, name: go, user: bo}
          - {at: +2d, set: {plan: free}}
    """) as past:
        asks = "{all: [{attribute: plan, is: pro}, {event: hi, count: {is: 1}}]}"
        text = f"{{id: offer, triggers: [{{custom_event: go}}], audience: {{filter: {asks}}}}}"
        assert past.came_of(text, start=instant("+20h", past.start)) == [
            "ana: sent at +1d",
            "bo: refused (not_in_audience) at +1d",
        ]


def test_messages_count_as_accepted_at_once_and_so_as_receipts() -> None:  # S12, R2
    with lived("""
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: start_session}
    """) as past:
        assert past.came_of("{id: once, triggers: [start_session]}") == [
            "ana: refused (not_eligible_again) at +2h",
            "ana: sent at +1h",
        ]
        again = "{id: again, triggers: [start_session], channels: [in_app_message]}"
        assert past.came_of(again) == ["ana: sent at +1h", "ana: sent at +2h"]  # never seen, so no receipt (R1)


def test_a_changed_copy_of_a_live_campaign_does_not_know_what_the_real_one_sent_since() -> None:
    with lived("""
        campaigns: [{id: news, triggers: [start_session]}]
        timeline:
          - {at: +0s, launch: [news]}
          - {at: +1h, does: start_session}
          - {at: +5h, does: start_session}
    """) as past:
        copy = "{id: news, triggers: [start_session], delay: {after: 1h}}"
        assert past.came_of(copy) == ["ana: refused (not_eligible_again) at +5h", "ana: sent at +2h"]
        late = past.came_of(copy, start=instant("+4h", past.start))
        assert late == ["ana: refused (not_eligible_again) at +5h"]  # what was sent before the span counts


def test_other_campaigns_messages_hold_their_places_in_the_caps() -> None:  # F1
    with lived("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        users: [ana, bo]
        campaigns:
          - {id: news, triggers: [{custom_event: hi}]}
          - {id: quiet, triggers: [{custom_event: psst}], ignore_frequency_caps: true}
        timeline:
          - {at: +0s, launch: [news, quiet]}
          - {at: +1h, does: custom_event, name: hi}
          - {at: +1h, does: custom_event, name: psst, user: bo}
          - {at: +2h, does: start_session}
          - {at: +2h, does: start_session, user: bo}
    """) as past:
        text = "{id: more, triggers: [start_session]}"
        assert past.came_of(text) == ["ana: suppressed (frequency_capped) at +2h", "bo: sent at +2h"]


def test_a_global_control_group_and_quiet_hours_hold_as_live() -> None:  # V3, S7
    with lived("""
        workspace: {global_control_group: 15}
        users: [user-1, user-2, user-3, user-4, user-5, user-6, user-7, user-8]
        timeline:
          - {at: +12h, does: start_session, user: user-1}
          - {at: +12h, does: start_session, user: user-8}
    """) as past:
        hours = "quiet_hours: {from: '20:00', to: '08:00', then: drop}"
        found = past.came_of(f"{{id: night, triggers: [start_session], {hours}, ignore_global_control_group: true}}")
        assert found == ["user-1: suppressed (quiet_hours) at +12h", "user-8: suppressed (quiet_hours) at +12h"]


# ---------------------------------------------------------------- what was live


def test_a_campaign_that_was_live_is_gone_through_as_it_was(past: Past) -> None:  # B2
    assert past.told(past.run("news")) == ["ana: sent at +1h", "bo: sent at +1h"]
    assert past.jobs.latest()[0].side.how == "as_it_was"


def test_failures_that_were_recorded_are_gone_through_as_they_were() -> None:
    with lived("campaigns: [{id: news, triggers: [start_session], channels: [webhook]}]") as past:
        runner, now = past.bench.runner, past.bench.clock.now()
        runner.submit([SessionStarted(id="s", user="ana", at=now, received_at=now)])
        (claim,) = runner.claim(10)
        message = claim.queued.message
        late = instant("+61d", past.start)
        past.bench.clock.set(late)
        failed = Failed(
            id="",
            user="ana",
            at=late,
            received_at=late,
            entry=message.entry,
            message=message.id,
            reason="delivery_failed",
            detail="no such host",
        )
        runner.submit([failed])
        past.bench.clock.set(instant("+62d", past.start))
        found = decisions(past.run("news").result)
        (made,) = (one for _, one in runner.read(lambda store: store.ledger.decisions()))
        assert found == [made]
        assert (made.reason, made.facts) == ("delivery_failed", {"webhook": "no such host"})


def test_two_sides_are_laid_beside_each_other(past: Past) -> None:  # B2
    other = Wanted(campaign=campaign_of("{id: nudge, triggers: [{news: open_email}], delay: {after: 1h}}"))
    found = past.run(campaign_of(NUDGE), against=other)
    assert found.against_result is not None
    assert found.against_result.outcomes == {"sent": 4}
    assert found.difference is not None
    assert (found.difference.both, found.difference.only_first, found.difference.only_second) == (1, 0, 3)
    assert found.difference.second_samples == ("ana", "cy", "di")


def test_a_draft_is_compared_with_what_really_happened(past: Past) -> None:  # B2
    copy = campaign_of(
        "{id: news, triggers: [{custom_event: hi}], audience: {filter: {attribute: external_id, is: ana}}}"
    )
    found = past.run(copy, against=Wanted(campaign="news", how="what_happened"))
    assert found.against_result is not None
    assert found.against_result.outcomes == {"sent": 2}
    assert found.difference is not None
    assert (found.difference.both, found.difference.only_second) == (1, 1)


def test_what_happened_after_the_span_still_waits_at_its_end(past: Past) -> None:
    past.bench.definitions.save_campaign(campaign_of(NUDGE))
    past.bench.launching.move("launch", ["nudge"])
    now = past.bench.clock.now()
    past.bench.runner.submit([CustomEventLogged(id="x", user="ana", at=now, received_at=now, name="hi")])
    end = instant("+1h1m", past.start)
    found = past.run("news", how="what_happened", end=instant("+1h", past.start), start=past.start)
    assert found.result is not None
    assert found.result.outcomes == {}
    found = past.run("news", how="what_happened", end=end, start=past.start)
    assert found.result is not None
    assert found.result.outcomes == {"sent": 2}


def test_what_the_system_made_of_an_event_stands_right_after_it_in_the_log() -> None:
    with lived("""
        campaigns: [{id: nudge, triggers: [start_session], delay: {after: 1h}, exceptions: [make_purchase]}]
        users: [ana, bo]
    """) as past:
        now = past.bench.clock.now()
        for user in ("ana", "bo"):
            past.bench.runner.submit([SessionStarted(id="s", user=user, at=now, received_at=now)])
        bought = [Purchased(id="p", user=user, at=now, received_at=now, product="x", price=1) for user in ("ana", "bo")]
        past.bench.runner.submit(bought)
        last = past.bench.runner.read(lambda store: store.ledger.latest_events(limit=4))[::-1]
        names = [(tale.event.user, type(tale.event).__name__) for tale in last]
        assert names == [
            ("ana", "Purchased"),
            ("ana", "CampaignInteracted"),
            ("bo", "Purchased"),
            ("bo", "CampaignInteracted"),
        ]


# ---------------------------------------------------------------- jobs


def test_it_says_how_far_it_is(past: Past) -> None:
    found = past.run(campaign_of(NUDGE))
    assert found.status == "done"
    assert found.done == found.total > 0
    assert found.finished_at == past.bench.clock.now()


def test_one_that_waits_is_cancelled_and_never_run(past: Past) -> None:
    started = past.jobs.start(Wanted(campaign="news"))
    assert past.jobs.cancel(started.id).status == "cancelled"
    past.jobs.work()
    assert past.jobs.load(started.id).status == "cancelled"
    assert past.jobs.load(started.id).result is None


def test_one_that_runs_ends_at_the_next_page() -> None:
    meter = Meter()
    meter.expect(10)
    meter.read(5)
    meter.stop.set()
    with pytest.raises(Stopped):
        meter.read(5)


def test_what_a_process_that_ended_left_is_marked_as_lost(past: Past) -> None:
    started = past.jobs.start(Wanted(campaign="news"))
    after = BacktestJobs(past.bench.runner, past.bench.clock, lambda: "other")
    after.mark_lost()
    assert after.load(started.id).status == "lost"
    past.jobs.work()
    done = past.run(campaign_of(NUDGE))
    after.mark_lost()
    assert after.load(done.id).status == "done"


def test_a_fault_is_told_and_the_next_one_runs(past: Past) -> None:
    broken = replace(campaign_of(NUDGE), delivery=None)
    with pytest.raises(Rejected):
        past.run(broken)
    started = past.jobs.start(Wanted(campaign="news"))
    past.bench.runner.write(
        lambda store: store.backtests.save(replace(started, side=replace(started.side, campaign="gone")))
    )
    past.jobs.work()
    found = past.jobs.load(started.id)
    assert (found.status, found.result) == ("failed", None)
    assert "gone" in found.problem
    assert past.run("news").status == "done"


def test_only_the_latest_are_kept(past: Past) -> None:
    for _ in range(KEPT + 2):
        past.jobs.start(Wanted(campaign="news"))
    assert len(past.jobs.latest()) == KEPT


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{id: later, delivery: {type: scheduled, at: launch}}", "scheduled"),
        ("{id: empty, delivery: null}", "no_delivery"),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_plain_word(past: Past, text: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        past.run(campaign_of(text))
    assert [(one.code, one.path) for one in refused.value.problems] == [(code, "campaign")]
    assert refused.value.problems[0].hint


def test_an_empty_span_an_unknown_campaign_and_a_draft_as_it_was_are_refused(past: Past) -> None:
    past.bench.definitions.save_campaign(campaign_of(NUDGE))
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("news", {"start": past.bench.clock.now()}, "empty_span"),
        ("newz", {}, "unknown_campaign"),
        ("nudge", {"how": "as_it_was"}, "never_launched"),
    ]
    for campaign, more, code in cases:
        with pytest.raises(Rejected) as refused:
            past.run(campaign, **more)
        assert refused.value.problems[0].code == code
