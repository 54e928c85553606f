"""Campaigns in plain words: each kind of delivery, trigger, delay and filter says what it does."""

import pytest

from ensue.codec.build import build
from ensue.core import records, triggers
from ensue.core.conditions import Audience
from ensue.services.wording import (
    audience_words,
    channel_words,
    conversion_words,
    delay_words,
    delivery_words,
    listed,
    trigger_words,
)

NAMES = {"news": "Newsletter", "big": "Big spenders", "sale": "Spring sale"}
Data = dict[str, object]


def campaign(delivery: Data | None, **more: object) -> records.Campaign:
    data = {"id": "c", "channels": {"email": {}, "push": {}}, "delivery": delivery, **more}
    return build(records.Campaign, data)


def sentence(delivery: Data | None, **more: object) -> str:
    return delivery_words(campaign(delivery, **more), NAMES)


OPENS = {"interact_with_campaign": {"campaign": "news", "interaction": "open_email"}}


def test_a_follow_on_is_told_in_one_sentence() -> None:
    delivery: Data = {
        "type": "action_based",
        "triggers": [OPENS, {"start_session": {}}],
        "delay": {"after": "1 day"},
        "exceptions": [{"make_purchase": {}}],
        "start": "2026-03-01T00:00:00Z",
        "end": "2026-09-01T00:00:00Z",
    }
    assert sentence(delivery) == (
        "When somebody of the audience opens the e-mail of “Newsletter” or starts a session from 1 March 2026 until "
        "1 September 2026, Ensue waits 1 day, and then an e-mail and a push message are sent, unless the person makes "
        "a purchase in the meantime."
    )


def test_without_a_delay_it_is_sent_at_once() -> None:
    wanted = "When the API starts it for somebody of the audience, an e-mail and a push message are sent at once."
    assert sentence({"type": "api_triggered"}) == wanted
    assert sentence({"type": "api_triggered", "delay": {"after": "0 seconds"}}) == wanted


def test_what_is_missing_is_said() -> None:
    assert sentence(None) == "Nothing is sent yet: choose what starts this campaign."
    assert sentence({"type": "action_based"}) == "Nothing is sent yet: choose what starts it."
    assert sentence({"type": "scheduled"}) == "Nothing is sent yet: choose when."
    assert "the message is missing" in sentence({"type": "scheduled", "at": "launch"}, channels=None)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"at": "launch"}, "At its launch, "),
        ({"at": "2026-07-01T09:00:00", "zone": "user"}, "On 1 July 2026 at 09:00 in the user's time zone, "),
        ({"at": "2026-07-01T09:00:00Z"}, "On 1 July 2026 at 09:00 UTC, "),
        ({"every": "day", "at_time": "08:00"}, "Every day at 08:00, "),
        ({"every": "week", "on": ["monday", "friday"]}, "Every week on Monday and Friday, "),
        ({"every": "month", "on": [1, 15]}, "Every month on day 1 and day 15, "),
    ],
)
def test_a_schedule_says_when(schedule: Data, words: str) -> None:
    assert sentence({"type": "scheduled", **schedule}).startswith(words)


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (OPENS, "opens the e-mail of “Newsletter”"),
        (
            {"interact_with_campaign": {"campaign": "x", "interaction": "click_email", "link": "buy"}},
            "clicks the link “buy” in the e-mail of “x”",
        ),
        (
            {"interact_with_campaign": {"campaign": "x", "interaction": "open_email", "opens": "human"}},
            "opens the e-mail of “x” in person",
        ),
        (
            {"interact_with_campaign": {"campaign": "x", "interaction": "perform_conversion_event", "conversion": "B"}},
            "converts in “x” (B)",
        ),
        (
            {"interact_with_campaign": {"campaign": "x", "interaction": "directly_open_push", "button": "yes"}},
            "opens the push message of “x” by the button “yes”",
        ),
        ({"interact_with_card": {"card": "sale", "interaction": "click_card"}}, "clicks the card “Spring sale”"),
        ({"make_purchase": {"product": "lamp", "where": {"color": {"is": "red"}}}}, "buys “lamp” where color is red"),
        (
            {"custom_event": {"name": "seen", "where": {"price": {"more_than": 10}}}},
            "does “seen” where price is more than 10",
        ),
        ({"change_attribute": {"name": "plan"}}, "gets a new value of “plan”"),
        ({"change_attribute": {"name": "plan", "to": "pro"}}, "has “plan” changed to “pro”"),
        ({"add_email": {}}, "adds an e-mail address"),
        (
            {"change_subscription": {"channel": "push", "to": "opted_in"}},
            "changes the push message subscription to opted in",
        ),
    ],
)
def test_each_trigger_has_its_words(trigger: Data, words: str) -> None:
    assert trigger_words(build(triggers.Trigger, trigger), NAMES) == words  # type: ignore[arg-type]  # a trigger


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        ({"after": "90 minutes"}, "1h30m"),
        (
            {"on_next": "saturday", "at": "09:00", "zone": "user"},
            "until the next Saturday at 09:00 in the user's time zone",
        ),
        ({"in_days": 1, "at": "09:00"}, "until 09:00 the next day"),
        ({"in_days": 3, "at": "09:00"}, "until 09:00 3 days later"),
    ],
)
def test_each_delay_has_its_words(delay: Data, words: str) -> None:
    assert delay_words(build(records.Delay, delay)) == words  # type: ignore[arg-type]  # a delay


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"attribute": "country", "any_of": ["SE", "NO"]}, "country is any of SE, NO"),
        ({"attribute": "plan", "exists": False}, "plan is not known"),
        ({"attribute": "age", "at_least": 18, "less_than": 30}, "age is at least 18 and is less than 30"),
        ({"event": "seen", "count": {"at_least": 3}, "within": "30 days"},
         "“seen” was done a number of times that is at least 3 within the last 30 days"),
        ({"purchase": "any", "spent": {"more_than": 500}, "within": "1 day"},
         "anything was bought for a total that is more than 500 within the last day"),
        ({"session": "any"}, "a session began at least once"),
        ({"campaign": "news", "has": "opened"}, "they have opened “Newsletter”"),
        ({"campaign": "news", "has": "control"}, "they have been in the control group of “Newsletter”"),
        ({"card": "sale", "has": "viewed"}, "they have viewed the card “Spring sale”"),
        ({"subscription": "email", "is": "opted_in"}, "the email subscription is opted in"),
        ({"reachable": "push"}, "they can be reached by push"),
        ({"segment": "big"}, "they are in “Big spenders”"),
        ({"bucket": {"less_than": 5000}}, "their random bucket is less than 5,000"),
        ({"first_seen": {"within_last": "7 days"}}, "their first visit is within the last week"),
        ({"all": []}, "anything holds"),
        ({"any": []}, "nothing holds"),
        ({"all": [{"session": "any"}, {"not": {"any": [{"segment": "big"}, {"reachable": "email"}]}}]},
         "a session began at least once and (not (they are in “Big spenders” or they can be reached by email))"),
    ],
)  # fmt: skip
def test_each_filter_has_its_words(tree: Data, words: str) -> None:
    assert audience_words(build(Audience, {"filter": tree}), NAMES) == f"everyone where {words}"


def test_an_audience_names_its_segments() -> None:
    assert audience_words(Audience(), NAMES) == "everyone"
    found = audience_words(build(Audience, {"segments": ["everyone", "big", "new"]}), NAMES)
    assert found == "everyone in “Big spenders” and “new”"


def test_a_conversion_names_its_window() -> None:
    found = campaign(
        None, conversions=[{"open_email": {}, "window": "1 day"}, {"make_purchase": {}, "window": "3 days"}]
    )
    wanted = ["opens the e-mail within 1 day", "makes a purchase within 3 days"]
    assert [conversion_words(one, NAMES) for one in found.conversions] == wanted


def test_parts_are_listed_as_in_a_sentence() -> None:
    assert [listed(parts, "or") for parts in ([], ["a"], ["a", "b", "c"])] == ["nothing", "a", "a, b or c"]
    assert channel_words(campaign(None)) == "an e-mail and a push message"
