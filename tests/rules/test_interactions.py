"""I1 to I3, as far as events reach the core: repeated, attributed, by people or by machines."""

from collections.abc import Iterator

import msgspec
import pytest

from ensue.core.events import CampaignInteracted, UserDeleted
from ensue.errors import Rejected
from ensue.services.tracking import Reported
from tests.rules.play import Stage, play, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Ana has received the newsletter; a follow-on listens to opens, clicks and views."""
    with staged("""
        cards: [{id: sale, title: Sale}]
        campaigns:
          - {id: news}
          - id: hello
            channels: [webhook]
            triggers: [{news: open_email}, {news: click_email}, {sale: view_card}]
            re_eligibility: {window: 0s}
        users: [ana, bo]
    """) as stage:
        stage.move("launch", "hello", "news", "sale", at="+0s")
        stage.until("+1h")
        yield stage


def message_to(user: str, stage: Stage) -> str:
    events = (one for one in stage.played().log if isinstance(one, CampaignInteracted))
    (message,) = (one.message for one in events if (one.user, one.campaign) == (user, "news"))
    assert message is not None
    return message


def report(stage: Stage, **fields: str) -> list[bool]:
    """Report one interaction of ana's; it happened at +1h."""
    given = {"user": "ana", "at": "2026-03-02T10:00:00Z"} | fields
    return stage.bench.tracking.report([msgspec.convert(given, Reported)])


# ---------------------------------------------------------------- I1: once


# I1
def test_the_same_interaction_with_the_same_event_id_counts_once(stage: Stage) -> None:
    click = {"id": "c1", "campaign": "news", "interaction": "click_email"}
    assert [stage.does(CampaignInteracted, at, **click) for at in ("+1h", "+1d", "+6d")] == [True, False, False]
    assert stage.outcomes("ana", "hello") == ["sent at +1h"]
    assert stage.played().figure("news", "click_email") == 1


# I1
@pytest.mark.parametrize("named", ["campaign", "message"])
def test_a_retry_without_an_id_but_with_its_time_never_triggers_twice(stage: Stage, named: str) -> None:
    names = {"campaign": "news", "message": message_to("ana", stage)}
    reported = {named: names[named], "interaction": "open_email"}
    assert report(stage, **reported) == [True]
    stage.until("+2h")
    assert report(stage, **reported) == [False]
    stage.until("+3h")
    assert len(stage.outcomes("ana", "hello")) == 1


# I1
def test_different_interactions_with_one_message_at_one_time_are_different(stage: Stage) -> None:
    message = message_to("ana", stage)
    for reported in (
        {"interaction": "open_email"},
        {"interaction": "click_email", "link": "shop"},
        {"interaction": "click_email", "link": "home"},
        {"interaction": "click_email", "link": "home", "at": "2026-03-02T10:00:01Z"},
    ):
        assert report(stage, message=message, **reported) == [True]
    assert len(stage.outcomes("ana", "hello")) == 4


# I1
def test_the_same_view_of_a_card_counts_once_and_another_one_again(stage: Stage) -> None:
    assert report(stage, card="sale", interaction="view_card") == [True]
    assert report(stage, card="sale", interaction="view_card") == [False]
    assert report(stage, card="sale", interaction="view_card", id="v2") == [True]
    assert len(stage.outcomes("ana", "hello")) == 2


# I1
def test_the_same_id_of_two_users_are_two_events(stage: Stage) -> None:
    assert report(stage, campaign="news", interaction="open_email", id="o1") == [True]
    assert report(stage, campaign="news", interaction="open_email", id="o1", user="bo") == [True]


# ---------------------------------------------------------------- I2: attributed


# I2
def test_an_interaction_is_attributed_by_its_message(stage: Stage) -> None:
    message = message_to("ana", stage)
    assert report(stage, message=message, interaction="click_email") == [True]
    last = stage.played().log[-1]
    assert isinstance(last, CampaignInteracted)
    assert (last.campaign, last.message, last.variation, last.channel) == ("news", message, "A", "email")
    assert last.entry == stage.played().only("ana", "news").id


# I2
@pytest.mark.parametrize(
    ("reported", "code", "field"),
    [
        ({"user": "nobody", "campaign": "news"}, "unknown_user", "user"),
        ({"campaign": "newz"}, "unknown_campaign", "campaign"),
        ({"message": "m"}, "unknown_message", "message"),
        ({}, "missing", "campaign"),
        ({"interaction": "view_card", "card": "sail"}, "unknown_card", "card"),
        ({"interaction": "view_card"}, "missing", "card"),
    ],
)
def test_one_that_names_what_does_not_exist_is_refused(
    stage: Stage, reported: dict[str, str], code: str, field: str
) -> None:
    before = stage.played().log
    with pytest.raises(Rejected) as rejected:
        report(stage, **{"interaction": "open_email"} | reported)
    (problem,) = rejected.value.problems
    assert problem.code == code
    assert problem.path.endswith(field)
    assert problem.hint
    assert stage.played().log == before


# I2
def test_a_message_to_somebody_else_or_of_another_campaign_is_refused(stage: Stage) -> None:
    message = message_to("bo", stage)
    with pytest.raises(Rejected, match="no message"):
        report(stage, message=message, interaction="open_email")
    with pytest.raises(Rejected, match="news"):
        report(stage, user="bo", message=message, campaign="hello", interaction="open_email")


# I2
def test_one_that_cannot_be_attributed_refuses_them_all_and_says_which(stage: Stage) -> None:
    good = Reported(user="ana", interaction="open_email", campaign="news")
    bad = Reported(user="ana", interaction="open_email", campaign="missing")
    before = stage.played().log
    with pytest.raises(Rejected) as rejected:
        stage.bench.tracking.report([good, bad])
    assert [problem.code for problem in rejected.value.problems] == ["unknown_campaign"]
    assert "interactions[1]" in rejected.value.problems[0].path
    assert stage.played().log == before


# I2
def test_an_interaction_of_a_user_who_was_deleted_is_refused(stage: Stage) -> None:
    stage.does(UserDeleted, "+1h")
    with pytest.raises(Rejected) as rejected:
        report(stage, campaign="news", interaction="open_email")
    assert [problem.code for problem in rejected.value.problems] == ["unknown_user"]


# ---------------------------------------------------------------- I3: people and machines


# I3
def test_an_open_by_a_machine_is_counted_apart() -> None:
    played = play("""
        campaigns: [{id: news}]
        timeline:
          - {at: +1h, does: open_email, campaign: news, opens: machine}
          - {at: +2h, does: open_email, campaign: news, opens: machine}
          - {at: +3h, does: open_email, campaign: news}
    """)
    assert played.figure("news", "open_email:machine") == 2
    assert played.figure("news", "open_email") == 1


# I3
def test_a_reported_open_may_be_that_of_a_machine(stage: Stage) -> None:
    report(stage, campaign="news", interaction="open_email", opens="machine")
    events = [one for one in stage.played().log if isinstance(one, CampaignInteracted)]
    assert [one.opens for one in events if one.interaction == "open_email"] == ["machine"]


# ---------------------------------------------------------------- people, each counted once


def test_everybody_is_counted_once_however_often_they_do_it() -> None:
    played = play("""
        campaigns: [{id: news, conversions: [{custom_event: {name: buy}, window: 1 day}]}]
        users: [ana, bo]
        timeline:
          - {at: +1h, user: ana, does: receive_email, campaign: news}
          - {at: +2h, user: ana, does: open_email, campaign: news, opens: machine}
          - {at: +3h, user: ana, does: open_email, campaign: news}
          - {at: +3h, user: bo, does: open_email, campaign: news}
          - {at: +4h, user: ana, does: click_email, campaign: news}
          - {at: +5h, user: ana, does: click_email, campaign: news}
          - {at: +6h, user: ana, does: custom_event, name: buy}
    """)
    found = sorted((one.name, one.amount) for one in played.figures if one.name.startswith("people:"))
    assert found == [("people:clicked", 1), ("people:converted", 1), ("people:opened", 1), ("people:opened", 1)]
