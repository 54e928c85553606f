"""L1 to L4, L7: drafts, launches, stops, and the duration of campaigns."""

import pytest

from ensue.core.events import CampaignInteracted, CustomEventLogged, Purchased, UserDeleted
from ensue.errors import Rejected
from ensue.services.launching import Move
from tests.rules.desk import Desk
from tests.rules.play import Stage, play, staged

HELLO = "{id: hello, triggers: [{custom_event: hi}], delay: {after: 1 day}, re_eligibility: {window: 0s}}"
WORLD = f"""
    cards: [{{id: sale, title: Sale}}]
    campaigns: [{HELLO}]
"""


def codes(rejected: pytest.ExceptionInfo[Rejected]) -> list[str]:
    return [problem.code for problem in rejected.value.problems]


# ---------------------------------------------------------------- L1: states

LIVES: dict[str, tuple[Move, ...]] = {
    "draft": (),
    "active": ("launch",),
    "stopped": ("launch", "stop"),
    "archived": ("launch", "archive"),
}
LEADS: dict[tuple[str, Move], str] = {
    ("draft", "launch"): "active",
    ("draft", "archive"): "archived",
    ("active", "stop"): "stopped",
    ("active", "archive"): "archived",
    ("stopped", "launch"): "active",
    ("stopped", "resume"): "active",
    ("stopped", "archive"): "archived",
    ("archived", "unarchive"): "stopped",
}
MOVES: tuple[Move, ...] = ("launch", "stop", "resume", "archive", "unarchive")


# L1
@pytest.mark.parametrize("name", ["hello", "sale"])
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", LIVES)
def test_a_move_leads_from_state_to_state_or_is_refused(state: str, move: Move, name: str) -> None:
    with staged(WORLD) as stage:
        for earlier in LIVES[state]:
            stage.move(earlier, name, at="+1h")
        if (state, move) in LEADS:
            assert stage.bench.launching.move(move, [name]) == {name: LEADS[state, move]}
        else:
            with pytest.raises(Rejected, match=state) as rejected:
                stage.bench.launching.move(move, [name])
            assert codes(rejected) == ["status"]


# L1
def test_an_archived_campaign_is_read_only() -> None:
    with staged(WORLD) as stage:
        stage.move("archive", "hello", at="+1h")
        with pytest.raises(Rejected) as rejected:
            stage.save("{id: hello, triggers: [start_session]}", at="+2h")
        assert codes(rejected) == ["archived"]
        stage.move("unarchive", "hello", at="+3h")
        stage.save("{id: hello, triggers: [start_session]}", at="+4h")
        assert (stage.campaign("hello").status, len(stage.campaign("hello").versions)) == ("stopped", 2)


# L1
def test_an_archived_campaign_triggers_nothing() -> None:
    with staged(WORLD) as stage:
        stage.move("launch", "hello", at="+1h")
        stage.move("archive", "hello", at="+2h")
        stage.does(CustomEventLogged, "+3h", name="hi")
        assert stage.played().decisions == []


# L1, L4
def test_archiving_an_active_campaign_is_a_stop_for_those_who_wait() -> None:
    with staged(WORLD) as stage:
        stage.move("launch", "hello", at="+1h")
        stage.does(CustomEventLogged, "+2h", name="hi")
        stage.move("archive", "hello", at="+3h")
        assert stage.outcomes("ana", "hello") == ["suppressed (campaign_stopped) at +3h"]


# ---------------------------------------------------------------- L2: what a launch validates


# L2
@pytest.mark.parametrize(
    ("campaign", "problem"),
    [
        ("channels: {email: {subject: '{{ broken', html: S}}, triggers: [start_session]", "channels.email.subject"),
        ("channels: {email: {subject: S, html: '{% if %}'}}, triggers: [start_session]", "channels.email.html"),
        ("channels: {push: {}}, triggers: [start_session]", "channels.push.title"),
        ("channels: {webhook: {url: nowhere}}, triggers: [start_session]", "channels.webhook.url"),
        ("channels: {in_app_message: {}}, triggers: [start_session]", "channels.in_app_message.body"),
        ("variations: [{name: A, share: 50}, {name: B, share: 49.99}], triggers: [start_session]", "variations"),
        ("variations: [{name: A, share: 95}], control_group: 10, triggers: [start_session]", "variations"),
        ("triggers: []", "delivery.triggers"),
        ("triggers: [{missing: open_email}]", "delivery.triggers[0].interact_with_campaign.campaign"),
        ("triggers: [{missing: view_card}]", "delivery.triggers[0].interact_with_card.card"),
        (
            "triggers: [start_session], delay: {after: 1h}, exceptions: [{missing: open_email}]",
            "delivery.exceptions[0].interact_with_campaign.campaign",
        ),
        ("triggers: [start_session], exceptions: [make_purchase]", "delivery.exceptions"),
        ("triggers: [start_session], delay: {after: 2 days}, end: 2026-03-04T08:59:59Z", "delivery.delay"),
        ("triggers: [start_session], delay: {in_days: 30, at: '09:00'}, end: 2026-03-12T09:00:00Z", "delivery.delay"),
        (
            "triggers: [start_session], delay: {on_next: sunday, at: '09:00'}, end: 2026-03-06T09:00:00Z",
            "delivery.delay",
        ),
        ("triggers: [start_session], end: 2026-03-02T09:00:00Z", "delivery.end"),
        ("triggers: [start_session], audience: {segments: [nobody]}", "audience.segments[0]"),
        (
            "triggers: [start_session], audience: {filter: {any: [{campaign: missing, has: opened}]}}",
            "audience.filter.any[0].campaign",
        ),
        ("delivery: null", "delivery"),
    ],
)
def test_a_launch_is_refused_with_the_path_of_the_field_and_how_to_mend_it(campaign: str, problem: str) -> None:
    with staged(f"campaigns: [{{id: hello, {campaign}}}]") as stage:
        with pytest.raises(Rejected) as rejected:
            stage.move("launch", "hello", at="+0s")
        assert [one.path for one in rejected.value.problems] == [f"hello: {problem}"]
        assert all(one.message and one.hint for one in rejected.value.problems)
        assert stage.campaign("hello").status == "draft"


# L2
@pytest.mark.parametrize(
    "campaign",
    [
        "variations: [{name: A, share: 33.33}, {name: B, share: 66.67}]",
        "variations: [{name: A, share: 45}, {name: B, share: 45}], control_group: 10",
        "triggers: [start_session], delay: {after: 2 days}, end: 2026-03-04T09:00:00Z",
        "triggers: [start_session], delay: {after: 1s}, exceptions: [make_purchase]",
        "triggers: [{hello: open_email}]",
    ],
)
def test_what_is_just_right_is_launched(campaign: str) -> None:
    with staged(f"campaigns: [{{id: hello, {campaign}}}]") as stage:
        stage.move("launch", "hello", at="+0s")
        assert stage.campaign("hello").status == "active"


# L2
def test_all_problems_are_told_at_once() -> None:
    with staged("""
        campaigns:
          - id: hello
            triggers: [{missing: open_email}]
            exceptions: [{mising: view_card}]
            channels: {email: {subject: '', html: S}}
            audience: {segments: [nobody]}
    """) as stage:
        assert stage.problems("hello") == [
            "exception_without_delay at delivery.exceptions",
            "unknown_campaign at delivery.triggers[0].interact_with_campaign.campaign",
            "unknown_card at delivery.exceptions[0].interact_with_card.card",
            "unknown_segment at audience.segments[0]",
            "missing at channels.email.subject",
        ]


# L2
def test_of_a_set_either_all_are_launched_or_none() -> None:
    with staged("campaigns: [{id: good}, {id: bad, triggers: []}]") as stage:
        with pytest.raises(Rejected):
            stage.move("launch", "good", "bad", at="+0s")
        assert stage.campaign("good").status == "draft"
        stage.until("+1h")
        assert stage.played().decisions == []


# L2
def test_a_draft_may_be_saved_in_any_state_of_completeness() -> None:
    with staged("campaigns: [{id: hello, delivery: null, channels: {}, control_group: 99}]") as stage:
        assert stage.campaign("hello").status == "draft"
        assert len(stage.problems("hello")) >= 3


# L2, L5
def test_what_is_live_must_stay_valid() -> None:
    with staged(WORLD) as stage:
        stage.move("launch", "hello", at="+1h")
        with pytest.raises(Rejected) as rejected:
            stage.save("{id: hello, triggers: [{missing: open_email}]}", at="+2h")
        assert codes(rejected) == ["unknown_campaign"]
        assert len(stage.campaign("hello").versions) == 1


# ---------------------------------------------------------------- L3: when it was launched


# L3
def test_a_resume_sets_a_new_active_since_and_keeps_launched_at() -> None:
    with staged(WORLD) as stage:
        for move, at in (("launch", "+1h"), ("stop", "+2h"), ("resume", "+3h")):
            stage.move(move, "hello", at=at)  # type: ignore[arg-type]  # they are moves
        launched = stage.bench.runner.plan.campaigns["hello"]
        played = stage.played()
        assert (launched.launched_at, launched.active_since) == (played.at("+1h"), played.at("+3h"))


# ---------------------------------------------------------------- L4: stop


def waiting(stage: Stage) -> None:
    """Ana waits for `hello` from +1h on, until +1d1h."""
    stage.move("launch", "hello", at="+0s")
    stage.does(CustomEventLogged, "+1h", name="hi")


# L4, choice 12
def test_a_stop_suppresses_those_who_wait_at_once() -> None:
    with staged(WORLD) as stage:
        waiting(stage)
        stage.does(CustomEventLogged, "+2h", name="hi")
        stage.move("stop", "hello", at="+3h")
        assert stage.outcomes("ana", "hello") == ["suppressed (campaign_stopped) at +3h"] * 2


# L4
def test_a_resume_revives_nobody() -> None:
    with staged(WORLD) as stage:
        waiting(stage)
        stage.move("stop", "hello", at="+3h")
        stage.move("resume", "hello", at="+4h")
        stage.until("+5d")
        assert stage.outcomes("ana", "hello") == ["suppressed (campaign_stopped) at +3h"]


# L4
def test_a_resume_right_after_the_stop_revives_nobody_who_was_not_swept_yet() -> None:
    desk = Desk(f"campaigns: [{HELLO}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.stop("hello", "+2h")
    desk.resume("hello", "+3h")
    desk.does(CustomEventLogged, "+4h", name="hi")
    assert desk.outcomes("hello") == ["suppressed (campaign_stopped) at +2h", "waiting until +1d4h"]


# L4, choice 12
def test_messages_in_the_outbox_are_withdrawn_unless_they_were_claimed() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}], re_eligibility: {window: 0s}}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.claim("+1h")
    desk.does(CustomEventLogged, "+2h", name="hi")
    desk.stop("hello", "+3h")
    desk.wake("+3h")
    assert desk.outcomes("hello") == ["sending at +1h", "suppressed (campaign_stopped) at +3h"]
    assert len(desk.lying()) == 1
    assert desk.places() == ["email"]
    desk.accept("+4h")
    assert desk.outcomes("hello") == ["sent at +4h", "suppressed (campaign_stopped) at +3h"]


# L4, choice 12
@pytest.mark.parametrize("end", ["stop", "delete"])
def test_beside_a_claimed_message_those_that_lie_in_the_outbox_are_withdrawn(end: str) -> None:
    desk = Desk("""
        campaigns: [{id: hello, channels: [email, push], triggers: [{custom_event: hi}]}]
        users: [{id: ana, email: ana@example.com, push: true}]
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.claim("+1h", channel="email")
    if end == "stop":
        desk.stop("hello", "+2h")
        desk.wake("+2h")
    else:
        desk.does(UserDeleted, "+2h")
    assert desk.lying() == ["hello email"]
    desk.accept("+3h", channel="email")
    assert desk.outcomes("hello") == ["sent at +3h"]
    assert desk.only("hello").channels == ("email",)
    assert desk.lying() == []


# L4, choice 12
def test_a_message_that_comes_back_after_the_stop_is_not_tried_again() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.claim("+1h")
    desk.stop("hello", "+2h")
    desk.defer("+3h")
    assert desk.claim("+4h") == []
    assert desk.outcomes("hello") == ["suppressed (campaign_stopped) at +2h"]
    assert desk.lying() == []


# L4
def test_a_deleted_user_who_comes_back_begins_anew() -> None:
    with staged(WORLD) as stage:
        waiting(stage)
        stage.does(UserDeleted, "+2h")
        stage.does(CustomEventLogged, "+3h", name="other")
        stage.until("+5d")
        assert stage.outcomes("ana", "hello") == ["suppressed (user_deleted) at +2h"]


# L4
def test_after_the_stop_opens_clicks_and_conversions_go_on_being_recorded() -> None:
    with staged("""
        campaigns:
          - {id: news, conversions: [{make_purchase: {}, window: 3 days}], triggers: [{custom_event: hi}]}
    """) as stage:
        stage.move("launch", "news", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.move("stop", "news", at="+2h")
        for interaction in ("open_email", "click_email"):
            stage.does(CampaignInteracted, "+3h", campaign="news", interaction=interaction)
        stage.does(Purchased, "+4h", product="lamp", price=10)
        played = stage.played()
        assert played.interactions("ana", "news") == [
            "receive_email at +1h",
            "open_email at +3h",
            "click_email at +3h",
            "perform_conversion_event at +4h",
        ]
        assert played.figure("news", "open_email") == played.figure("news", "click_email") == 1
        assert played.figure("news", "revenue:USD") == 10


# ---------------------------------------------------------------- L7: duration


# L7, choice 4
@pytest.mark.parametrize(
    ("happened", "enters"),
    [("+59m59.999999s", False), ("+1h", True), ("+2h", True), ("+2h0.000001s", False)],
)
def test_triggers_count_from_the_start_to_the_end_both_included(happened: str, *, enters: bool) -> None:
    played = play(f"""
        campaigns:
          - {{id: hello, triggers: [start_session], start: 2026-03-02T10:00:00Z, end: 2026-03-02T11:00:00Z}}
        timeline: [{{at: {happened}, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == ([f"sent at {happened}"] if enters else [])
    assert played.refusals("ana", "hello") == ([] if enters else ["outside_duration"])


# L7, choice 4
def test_it_is_the_time_of_the_event_that_must_lie_within_the_duration() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1h}, end: 2026-03-02T13:00:00Z}]
        timeline: [{at: +3h, happened: +2h, does: start_session}, {at: +10h, happened: +4h1s, does: start_session}]
    """)
    assert played.outcomes("ana", "hello") == ["sent at +3h"]
    assert played.refusals("ana", "hello") == ["outside_duration"]


# L7
@pytest.mark.parametrize(
    ("triggered", "outcome"),
    [("+3h", "sent at +4h"), ("+3h0.000001s", "suppressed (outside_duration) at +4h0.000001s")],
)
def test_waiting_entries_due_after_the_end_are_suppressed(triggered: str, outcome: str) -> None:
    played = play(f"""
        campaigns: [{{id: hello, triggers: [start_session], delay: {{after: 1h}}, end: 2026-03-02T13:00:00Z}}]
        timeline: [{{at: {triggered}, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == [outcome]
