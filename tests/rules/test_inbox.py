"""In-app messages that lie ready: what takes them out of the inbox."""

from collections.abc import Sequence

import pytest

from ensue.core.effects import Clear, Effects, Empty
from ensue.core.events import CampaignInteracted, CustomEventLogged, UserDeleted
from tests.rules.desk import Desk

HELLO = """
    campaigns:
      - {id: hello, channels: [in_app_message], triggers: [{custom_event: hi}], re_eligibility: {window: 0s}}
    users: [{id: ana, email: ana@example.com}]
"""


def claimed() -> tuple[Desk, str]:
    """Ana's message is on its way to her inbox."""
    desk = Desk(HELLO)
    desk.does(CustomEventLogged, "+1h", name="hi")
    (message,) = desk.outbox
    desk.claim("+1h1m")
    return desk, message


def accepted() -> tuple[Desk, str]:
    """Ana's message lies in her inbox."""
    desk, message = claimed()
    desk.accept("+1h2m")
    return desk, message


def told_to_the_inbox(effects: Sequence[Effects]) -> list[str]:
    return [one.message for one in effects if isinstance(one, Clear)] + [
        f"all of {one.user}" for one in effects if isinstance(one, Empty)
    ]


@pytest.mark.parametrize("kind", ["view_in_app_message", "dismiss_in_app_message"])
def test_a_message_that_was_seen_or_dismissed_leaves_the_inbox(kind: str) -> None:  # R1
    desk, message = accepted()
    effects = desk.does(CampaignInteracted, "+2h", campaign="hello", interaction=kind, message=message)
    assert told_to_the_inbox(effects) == [message]


def test_a_click_alone_leaves_the_message_in_the_inbox() -> None:
    desk, message = accepted()
    effects = desk.does(
        CampaignInteracted, "+2h", campaign="hello", interaction="click_in_app_message", message=message
    )
    assert told_to_the_inbox(effects) == []


def test_a_view_that_names_no_message_takes_none_out() -> None:
    desk, _ = accepted()
    effects = desk.does(CampaignInteracted, "+2h", campaign="hello", interaction="view_in_app_message")
    assert told_to_the_inbox(effects) == []


def test_the_deletion_of_a_user_empties_the_inbox() -> None:  # L4
    desk, _ = accepted()
    assert told_to_the_inbox(desk.does(UserDeleted, "+2h")) == ["all of ana"]
    assert told_to_the_inbox(desk.does(UserDeleted, "+3h")) == []


def test_a_message_that_arrives_in_the_inbox_after_its_user_was_deleted_is_taken_out() -> None:  # L4
    desk, message = claimed()
    desk.does(UserDeleted, "+1h90s")
    effects = desk.accept("+1h2m")
    assert told_to_the_inbox(effects) == [message]
