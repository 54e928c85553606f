"""Every outcome and reason has a sentence, told with its facts."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ensue.core.effects import Decision, Outcome, Reason
from ensue.services.reasons import Telling, remedy, told

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TELLING = Telling(names={"welcome": "Welcome", "vip": "VIP customers", "sale": ""}, zone=UTC)
DECISION = Decision(
    id="e",
    user="ana",
    campaign="offer",
    version=1,
    outcome="waiting",
    trigger="click_email",
    event="1",
    triggered_at=START,
    at=START,
    original="welcome",
    due_at=START + timedelta(days=1),
    channels=("email", "push"),
)
ENTERED = "Entered because the user clicked in the e-mail of “Welcome”. "


def refused(reason: Reason, **facts: object) -> str:
    return told(replace(DECISION, outcome="refused", reason=reason, facts=facts), TELLING)


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_has_a_sentence(outcome: Outcome) -> None:
    sentence = told(replace(DECISION, outcome=outcome), TELLING)
    assert sentence.endswith(".")
    assert "None" not in sentence


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_a_sentence_and_a_remedy_without_its_facts(reason: Reason) -> None:
    sentence = refused(reason)
    assert "_" not in sentence.replace("None", "_")
    assert remedy(replace(DECISION, outcome="refused", reason=reason), TELLING) or reason == "user_deleted"


def test_a_waiting_entry_tells_what_led_to_it_and_until_when_it_waits() -> None:
    assert told(DECISION, TELLING) == f"{ENTERED}Waits until 3 Mar 2026, 09:00."


def test_a_sent_message_tells_its_channels_and_variation() -> None:
    sent = replace(DECISION, outcome="sent", variation="B")
    assert told(sent, TELLING) == f"{ENTERED}Sent by e-mail and push message, in the variation B."


def test_a_cancellation_tells_the_exception_and_its_original() -> None:
    gone = replace(DECISION, outcome="cancelled", reason="exception_event", exception="view_card")
    assert told(replace(gone, facts={"original": "sale"}), TELLING) == (
        f"{ENTERED}Cancelled because, while waiting, the user saw the card of “sale”."
    )
    assert told(replace(gone, exception="make_purchase"), TELLING).endswith("the user made a purchase.")


def test_who_is_not_in_the_audience_is_told_which_part_did_not_hold() -> None:
    sentence = refused("not_in_audience", segments_not_held=["vip", "new"], filter_holds=False)
    assert sentence == (
        "Did not enter, though the user clicked in the e-mail of “Welcome”: the user was not in the audience "
        "(not in “VIP customers” or “new”; the filter does not fit)."
    )


def test_a_receipt_before_is_told_with_its_time_and_when_the_next_may_be() -> None:
    once = refused("not_eligible_again", last_receipt_at=START.isoformat(), eligible_again_at=None)
    assert once.endswith("the campaign was received before, on 2 Mar 2026, 09:00, and is sent once.")
    again = (START + timedelta(days=7)).isoformat()
    assert refused("not_eligible_again", eligible_again_at=again).endswith("may be again from 9 Mar 2026, 09:00 on.")
    decision = replace(DECISION, outcome="refused", reason="not_eligible_again", facts={"eligible_again_at": again})
    assert remedy(decision, TELLING) == "A trigger whose message is due from 9 Mar 2026, 09:00 on would count."


def test_other_facts_are_told_too() -> None:
    assert "(bucket 123 of 10,000; the group has the first 500)" in refused(
        "global_control_group", bucket=123, percent=5.0
    )
    assert "“Welcome” was not active" in refused("original_not_active", original="welcome")
    assert "by push message (" in refused("not_reachable", channels=["push"])
    assert "(e-mail: 550 no such user)" in refused("delivery_failed", email="550 no such user")
    assert "(until 2 Mar 2026, 09:00)" in refused("outside_duration", start=None, end=START.isoformat())
    assert "until 2 Mar 2026, 09:00" in refused("quiet_hours", quiet_until=START.isoformat())


def test_times_are_those_of_the_readers_zone() -> None:
    assert "10:00" in told(DECISION, Telling(names={}, zone=ZoneInfo("Europe/Berlin")))
