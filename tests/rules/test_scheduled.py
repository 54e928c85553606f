"""S13: scheduled campaigns take the path of all others, for every user of their audience, at their time."""

import pytest
from msgspec.structs import replace

from ensue.core.buckets import bucket
from ensue.core.events import AttributesChanged
from ensue.ports import Run
from tests.rules.play import Stage, play, staged

IN_CONTROL = next(name for name in (f"user-{n}" for n in range(100)) if bucket("news", name) >= 5000)
NOT_IN_CONTROL = next(name for name in (f"user-{n}" for n in range(100)) if bucket("news", name) < 5000)


# S13
def test_at_launch_everybody_in_the_audience_gets_it() -> None:
    played = play("""
        campaigns: [{id: news, audience: {filter: {attribute: plan, is: pro}}}]
        users:
          - {id: ana, email: ana@example.com, attributes: {plan: pro}}
          - {id: bo, email: bo@example.com, attributes: {plan: free}}
          - {id: cy, email: cy@example.com, attributes: {plan: pro}}
        timeline: [{at: +1h, launch: news}]
    """)
    assert played.got("news") == ["ana", "cy"]
    assert played.outcomes("ana", "news") == ["sent at +1h"]
    assert played.only("ana", "news").trigger == "scheduled"


# S13, choice 16
def test_no_refusal_is_kept_for_users_outside_the_audience() -> None:
    played = play("""
        campaigns: [{id: news, audience: {filter: {attribute: plan, is: pro}}}]
        timeline: [{at: +1h, launch: news}]
    """)
    assert played.of("ana", "news") == []


# S13, choice 16
def test_every_other_refusal_is_kept_as_for_a_trigger() -> None:
    played = play("""
        campaigns:
          - {id: news, delivery: {type: scheduled, every: day, at_time: "12:00"}}
        timeline: [{at: +0s, launch: news}]
        until: +2d
    """)
    assert played.outcomes("ana", "news") == ["sent at +3h"]
    assert played.refusals("ana", "news") == ["not_eligible_again"]
    assert played.refused("ana", "news").trigger == "scheduled"


# S13, S6
def test_a_scheduled_entry_is_settled_like_any_other() -> None:
    played = play("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        campaigns: [{id: news}, {id: more}, {id: quiet, quiet_hours: {from: "08:00", to: "18:00"}}]
        users: [ana, {id: bo}]
        timeline:
          - {at: +0s, launch: news}
          - {at: +1h, launch: more}
          - {at: +2h, launch: quiet}
    """)
    assert played.outcomes("bo", "news") == ["suppressed (not_reachable) at +0s"]
    assert played.outcomes("ana", "more") == ["suppressed (frequency_capped) at +1h"]
    assert played.outcomes("ana", "quiet") == ["suppressed (frequency_capped) at +9h"]


# S13
def test_control_enrolment_happens_at_the_launch_so_a_follow_on_must_be_launched_first() -> None:
    played = play(f"""
        campaigns:
          - {{id: news, control_group: 50}}
          - {{id: before, triggers: [{{news: enrolled_in_control_group}}]}}
          - {{id: after, triggers: [{{news: enrolled_in_control_group}}]}}
        users: [{IN_CONTROL}, {NOT_IN_CONTROL}]
        timeline:
          - {{at: +1h, launch: before}}
          - {{at: +2h, launch: news}}
          - {{at: +3h, launch: after}}
    """)
    assert played.outcomes(IN_CONTROL, "news") == ["control at +2h"]
    assert played.outcomes(IN_CONTROL, "before") == ["sent at +2h"]
    assert played.of(IN_CONTROL, "after") == []
    assert played.of(NOT_IN_CONTROL, "before") == []


# S13
def test_launched_together_a_follow_on_hears_of_the_enrolment() -> None:
    played = play(f"""
        campaigns:
          - {{id: news, control_group: 50}}
          - {{id: follow, triggers: [{{news: enrolled_in_control_group}}]}}
        users: [{IN_CONTROL}]
        timeline: [{{at: +1h, launch: [news, follow]}}]
    """)
    assert played.outcomes(IN_CONTROL, "follow") == ["sent at +1h"]


# ---------------------------------------------------------------- when


def times(delivery: str, zone: str = "UTC", until: str = "+30d", again: str = "0s") -> list[str]:
    """Return when ana of that time zone gets a campaign launched on Monday 2 March, 09:00 UTC."""
    played = play(f"""
        campaigns: [{{id: news, delivery: {{type: scheduled, {delivery}}}, re_eligibility: {{window: {again}}}}}]
        users: [{{id: ana, email: ana@example.com, time_zone: {zone}}}]
        workspace: {{time_zone: Europe/Stockholm}}
        until: {until}
    """)
    return [outcome.removeprefix("sent at ") for outcome in played.outcomes("ana", "news")]


# S13
@pytest.mark.parametrize(
    ("delivery", "zone", "expected"),
    [
        ("at: 2026-03-03T09:00:00Z", "UTC", ["+1d"]),
        ("at: 2026-03-03T09:00:00", "UTC", ["+23h"]),  # Stockholm's clock
        ("at: 2026-03-03T09:00:00, zone: user", "UTC", ["+1d"]),
        ("at: 2026-03-03T09:00:00, zone: user", "America/New_York", ["+1d5h"]),
        ("at: 2026-03-03T09:00:00, zone: user", "''", ["+23h"]),  # D2
        ("at: 2026-03-03T09:00:00Z, zone: user", "America/New_York", ["+1d"]),
    ],
)
def test_at_a_time(delivery: str, zone: str, expected: list[str]) -> None:
    assert times(delivery, zone) == expected


# S13
@pytest.mark.parametrize(
    ("delivery", "until", "expected"),
    [
        ('every: day, at_time: "12:00"', "+3d", ["+2h", "+1d2h", "+2d2h"]),
        ('every: day, at_time: "12:00", zone: user', "+2d", ["+3h", "+1d3h"]),
        ('every: week, on: [monday, wednesday], at_time: "12:00"', "+8d", ["+2h", "+2d2h", "+7d2h"]),
        ('every: month, on: [3, 15], at_time: "12:00"', "+30d", ["+1d2h", "+13d2h"]),
        (
            'every: day, at_time: "12:00", start: 2026-03-04T00:00:00Z, end: 2026-03-05T11:00:00Z',
            "+9d",
            ["+2d2h", "+3d2h"],
        ),
    ],
)
def test_recurring(delivery: str, until: str, expected: list[str]) -> None:
    assert times(delivery, until=until) == expected


# S13
def test_recurring_at_a_clock_time_follows_the_clock() -> None:
    """Stockholm's summer time begins on Sunday 29 March."""
    came = times('every: week, on: [saturday, sunday], at_time: "10:00"', until="+28d")
    assert came[-2:] == ["+26d", "+26d23h"]


# S13, R2
def test_recurring_respects_re_eligibility() -> None:
    assert times('every: day, at_time: "12:00"', until="+4d", again="2 days") == ["+2h", "+2d2h"]


# S13, choice 16
def test_each_time_zone_is_served_when_its_clock_shows_the_time_and_zones_where_it_had_passed_are_left_out() -> None:
    """Launched at 09:00 UTC, when it is 18:00 in Tokyo."""
    played = play("""
        campaigns: [{id: news, delivery: {type: scheduled, at: 2026-03-02T10:30:00, zone: user}}]
        users:
          - {id: ana, email: ana@example.com, time_zone: Asia/Tokyo}
          - {id: bo, email: bo@example.com, time_zone: Europe/London}
          - {id: cy, email: cy@example.com, time_zone: America/New_York}
          - {id: dee, email: dee@example.com}
    """)
    assert played.of("ana", "news") == []
    assert played.outcomes("bo", "news") == ["sent at +1h30m"]
    assert played.outcomes("cy", "news") == ["sent at +6h30m"]
    assert played.outcomes("dee", "news") == ["sent at +1h30m"]


# ---------------------------------------------------------------- progress, stop, crash


def runs(stage: Stage) -> list[Run]:
    return stage.bench.runner.read(lambda store: store.journal.runs("news"))


EVERYBODY = "campaigns: [{id: news}]\nusers: [ana, bo, cy, dee]"


# S13
def test_a_launch_shows_its_progress() -> None:
    with staged(EVERYBODY) as stage:
        stage.bench.launching.move("launch", ["news"])
        (run,) = runs(stage)
        assert (run.total, run.done, run.finished_at) == (4, 0, None)
        stage.until("+0s")
        (run,) = runs(stage)
        assert (run.total, run.done, run.finished_at) == (4, 4, stage.start)


# S13, choice 12
def test_a_stop_ends_the_run_where_it_is_and_a_resume_does_not_go_on_with_it() -> None:
    with staged(EVERYBODY) as stage:
        stage.bench.launching.move("launch", ["news"])
        stage.bench.launching.move("stop", ["news"])
        stage.until("+1h")
        stage.move("resume", "news", at="+2h")
        stage.until("+3h")
        (run,) = runs(stage)
        assert (run.done, run.finished_at) == (0, stage.start)
        assert stage.played().decisions == []


# S13
def test_a_large_audience_is_targeted_batch_by_batch_and_can_be_stopped_in_between() -> None:
    many = ", ".join(f"u{number}" for number in range(2500))
    with staged(f"campaigns: [{{id: news}}]\nusers: [{many}]") as stage:
        bench = stage.bench
        bench.launching.move("launch", ["news"])
        assert [bench.scheduling.run_due(), bench.scheduling.run_due()] == [1000, 1000]
        bench.launching.move("stop", ["news"])
        bench.launching.move("resume", ["news"])
        assert bench.scheduling.run_due() == 0
        assert runs(stage)[0].done == 2000


# S13, O5
def test_after_a_crash_a_run_resumes_where_it_was() -> None:
    with staged(EVERYBODY) as stage:
        stage.bench.launching.move("launch", ["news"])
        (run,) = runs(stage)
        stage.bench.runner.write(lambda store: store.journal.save_run(replace(run, cursor="bo", done=2)))
        stage.until("+0s")
        assert stage.played().got("news") == ["cy", "dee"]
        assert runs(stage)[0].done == 4


# S13, O5
def test_a_batch_that_a_crash_repeats_changes_nothing() -> None:
    with staged("campaigns: [{id: news, re_eligibility: {window: 0s}}]\nusers: [ana, bo, cy, dee]") as stage:
        stage.bench.launching.move("launch", ["news"])
        (run,) = runs(stage)
        stage.until("+1h")
        before = stage.played().decisions
        assert len(before) == 4
        stage.bench.runner.write(lambda store: store.journal.save_run(run))
        stage.until("+2h")
        assert stage.played().decisions == before


# S13
def test_who_comes_later_is_no_part_of_a_run_at_launch() -> None:
    with staged(EVERYBODY) as stage:
        stage.move("launch", "news", at="+0s")
        stage.does(AttributesChanged, "+1h", user="eve", attributes={"email": "eve@example.com"})
        stage.until("+1d")
        assert stage.played().got("news") == ["ana", "bo", "cy", "dee"]


# S13
def test_a_resume_does_not_send_a_campaign_at_launch_again() -> None:
    with staged("campaigns: [{id: news, re_eligibility: {window: 0s}}]") as stage:
        stage.move("launch", "news", at="+0s")
        stage.move("stop", "news", at="+1h")
        stage.move("resume", "news", at="+2h")
        stage.until("+3h")
        assert stage.outcomes("ana", "news") == ["sent at +0s"]
