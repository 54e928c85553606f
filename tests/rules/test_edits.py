"""L5, L6: edits of campaigns that are live, and copies."""

import pytest

from ensue.core.events import CustomEventLogged
from ensue.errors import Rejected
from ensue.services.launching import Move
from tests.rules.play import Stage, staged

HELLO = "{id: hello, triggers: [{custom_event: hi}], delay: {after: 1 day}, re_eligibility: {window: 0s}}"
WORLD = f"""
    cards: [{{id: sale, title: Sale}}]
    campaigns: [{HELLO}]
"""


def codes(rejected: pytest.ExceptionInfo[Rejected]) -> list[str]:
    return [problem.code for problem in rejected.value.problems]


def waiting(stage: Stage) -> None:
    """Ana waits for `hello` from +1h on, until +1d1h."""
    stage.move("launch", "hello", at="+0s")
    stage.does(CustomEventLogged, "+1h", name="hi")


# ---------------------------------------------------------------- L5: edits


# L5, D3
def test_a_waiting_entry_keeps_its_due_time_and_later_ones_have_the_new_delay() -> None:
    with staged(WORLD) as stage:
        waiting(stage)
        stage.save(HELLO.replace("1 day", "3 days"), at="+2h")
        stage.does(CustomEventLogged, "+3h", name="hi")
        stage.until("+5d")
        assert stage.outcomes("ana", "hello") == ["sent at +1d1h", "sent at +3d3h"]


# L5
def test_a_new_trigger_holds_from_its_save_on() -> None:
    with staged(WORLD) as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="ho")
        stage.save(HELLO.replace("custom_event: hi", "custom_event: ho"), at="+2h")
        stage.does(CustomEventLogged, "+3h", name="ho")
        stage.does(CustomEventLogged, "+4h", name="hi")
        stage.until("+5d")
        assert stage.outcomes("ana", "hello") == ["sent at +1d3h"]


RULES = """
    id: hello
    triggers: [{custom_event: hi}]
    delay: {after: 1 day}
    re_eligibility: {window: 0s}
"""


# L5, choice 11
@pytest.mark.parametrize(
    ("before", "after", "steps", "outcomes"),
    [
        (
            "exceptions: [{custom_event: bye}]",
            "exceptions: []",
            "bye",
            ["cancelled (custom_event) at +4h", "sent at +1d3h"],
        ),
        (
            "exceptions: []",
            "exceptions: [{custom_event: bye}]",
            "bye",
            ["cancelled (custom_event) at +4h", "sent at +1d1h"],
        ),
        (
            "recheck_audience: true, audience: {filter: {not: {event: bye}}}",
            "recheck_audience: false, audience: {filter: {not: {event: bye}}}",
            "bye",
            ["suppressed (no_longer_in_audience) at +1d1h", "sent at +1d3h"],
        ),
        (
            "quiet_hours: {from: '10:00', to: '18:00'}",
            "tags: []",
            "other",
            ["sent at +1d3h", "sent at +1d9h"],
        ),
        (
            "end: 2026-03-03T09:00:00Z",
            "end: 2026-04-03T09:00:00Z",
            "other",
            ["suppressed (outside_duration) at +1d1h", "sent at +1d3h"],
        ),
        (
            "variations: [{name: old, share: 100}]",
            "variations: [{name: old, share: 0}, {name: new, share: 100}]",
            "other",
            ["sent at +1d1h", "sent at +1d3h"],
        ),
    ],
)
def test_a_waiting_entry_lives_by_the_version_it_was_entered_with(
    before: str, after: str, steps: str, outcomes: list[str]
) -> None:
    """One entry of +1h under the old version, one of +3h under the new; at +4h something happens."""
    with staged(f"campaigns: [{{{_flow(before)}}}]") as stage:
        stage.bench.launching.move("launch", ["hello"])
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.save(f"{{{_flow(after)}}}", at="+2h")
        stage.does(CustomEventLogged, "+3h", name="hi")
        stage.does(CustomEventLogged, "+4h", name=steps)
        stage.until("+5d")
        assert stage.outcomes("ana", "hello") == outcomes
        if "variations" in before:
            assert [one.variation for one in stage.played().of("ana", "hello")] == ["old", "new"]


def _flow(extra: str) -> str:
    return ", ".join([*RULES.strip().splitlines(), extra])


def saying(text: str) -> str:
    """Return `hello` with an e-mail that is aborted with that text, so that the kept facts tell what was rendered."""
    abort = "{% abort_message('" + text + "') %}"
    return f"""{{{_flow(f'channels: {{email: {{subject: S, html: "{abort}"}}}}')}}}"""


# L5
def test_the_content_of_every_send_after_a_save_is_the_new_one_also_for_those_who_wait() -> None:
    with staged(f"campaigns: [{saying('old')}]") as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.save(saying("new"), at="+2h")
        stage.until("+5d")
        assert stage.played().only("ana", "hello").facts == {"email": "new"}
        assert stage.played().only("ana", "hello").version == 1


# L5, choice 11
@pytest.mark.parametrize(("before", "after"), [("email", "email, push"), ("email, push", "push"), ("email", "push")])
def test_the_channels_are_content_and_so_the_new_ones(before: str, after: str) -> None:
    with staged(f"""
        campaigns: [{{{_flow(f"channels: [{before}]")}}}]
        users: [{{id: ana, email: ana@example.com, push: true}}]
    """) as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.save(f"{{{_flow(f'channels: [{after}]')}}}", at="+2h")
        stage.until("+5d")
        assert stage.played().only("ana", "hello").channels == tuple(after.split(", "))


# L5, choice 11
def test_content_of_a_variation_that_no_longer_exists_is_taken_from_the_entrys_version() -> None:
    with staged(f"campaigns: [{saying('old')}]") as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.save(f"{{{_flow('variations: [{name: other, share: 100}]')}}}", at="+2h")
        stage.until("+5d")
        assert stage.played().only("ana", "hello").facts == {"email": "old"}


# L5
@pytest.mark.parametrize("life", [("launch",), ("launch", "stop")])
def test_conversion_events_cannot_change_after_the_first_launch(life: tuple[Move, ...]) -> None:
    converting = "{id: hello, triggers: [start_session], conversions: [{make_purchase: {}, window: 3 days}]}"
    with staged(f"campaigns: [{converting}]") as stage:
        stage.save(converting.replace("3 days", "2 days"), at="+1h")
        for move in life:
            stage.move(move, "hello", at="+2h")
        for changed in (converting, "{id: hello, triggers: [start_session]}"):
            with pytest.raises(Rejected) as rejected:
                stage.save(changed, at="+3h")
            assert codes(rejected) == ["conversions_fixed"]


# L5
def test_every_save_makes_a_new_numbered_version_and_the_versions_are_kept() -> None:
    with staged("campaigns: [{id: hello, triggers: [start_session], name: One}]") as stage:
        stage.move("launch", "hello", at="+1h")
        stage.save("{id: hello, triggers: [start_session], name: Two}", at="+2h")
        stage.save("{id: hello, triggers: [start_session], name: Three}", at="+3h")
        versions = stage.campaign("hello").versions
        assert [(one.number, one.campaign.name) for one in versions] == [(1, "One"), (2, "Two"), (3, "Three")]
        assert [one.saved_at for one in versions] == [stage.played().at(at) for at in ("+0s", "+2h", "+3h")]


# L5
def test_a_save_that_changes_nothing_makes_no_version() -> None:
    with staged(WORLD) as stage:
        stage.save(HELLO, at="+2h")
        assert len(stage.campaign("hello").versions) == 1


# ---------------------------------------------------------------- L6: copies


# L6
def test_a_copy_has_the_definition_and_none_of_the_history() -> None:
    with staged(WORLD) as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.until("+2d")
        copy = stage.bench.definitions.duplicate("hello", "hello-again")
        original = stage.campaign("hello")
        assert (copy.status, copy.spells, len(copy.versions)) == ("draft", (), 1)
        assert copy.versions[0].number == 1
        definition, copied = original.versions[-1].campaign, copy.versions[0].campaign
        assert (copied.delivery, copied.channels, copied.audience) == (
            definition.delivery,
            definition.channels,
            definition.audience,
        )
        assert (definition.id, copied.id) == ("hello", "hello-again")
        assert stage.played().of("ana", "hello-again") == []


# L6
def test_who_received_the_original_may_receive_its_copy() -> None:
    with staged("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]") as stage:
        stage.move("launch", "hello", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.bench.definitions.duplicate("hello", "copy")
        stage.move("launch", "copy", at="+2h")
        stage.does(CustomEventLogged, "+3h", name="hi")
        assert stage.outcomes("ana", "copy") == ["sent at +3h"]
        assert stage.refusals("ana", "hello") == ["not_eligible_again"]


# L6
def test_a_copy_needs_an_id_of_its_own_and_an_original() -> None:
    with staged(WORLD) as stage:
        with pytest.raises(Rejected) as rejected:
            stage.bench.definitions.duplicate("hello", "hello")
        assert codes(rejected) == ["id_taken"]
        with pytest.raises(Rejected, match="hello") as rejected:
            stage.bench.definitions.duplicate("helo", "copy")
        assert codes(rejected) == ["unknown_campaign"]
