"""X6: an exception that arrives after the due time still cancels what was not handed over."""

from ensue.core.effects import Withdraw
from ensue.core.events import Claimed, CustomEventLogged
from tests.rules.desk import Desk
from tests.rules.play import play

MICROSECOND = "0.000001s"


# ---------------------------------------------------------------- X6: after the due time, before the hand-over

LYING = """
    campaigns:
      - id: nudge
        channels: [email, push]
        triggers: [{custom_event: hi}]
        delay: {after: 1 day}
        exceptions: [{custom_event: bye}]
    users: [{id: ana, email: ana@example.com, push: true}]
"""


def desk() -> Desk:
    """Ana's messages, due at +1d1h, lie in the outbox."""
    desk = Desk(LYING)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.wake("+1d1h")
    assert desk.lying() == ["nudge email", "nudge push"]
    return desk


# X6
def test_a_late_exception_cancels_while_the_messages_lie_in_the_outbox() -> None:
    at = desk()
    at.does(CustomEventLogged, "+1d2h", happened="+1d59m59.999999s", name="bye")
    assert at.outcomes("nudge") == ["cancelled (custom_event) at +1d59m59.999999s"]
    assert at.lying() == []
    assert at.places() == []


# X6
def test_a_late_exception_that_happened_at_the_due_time_does_not_cancel() -> None:
    at = desk()
    at.does(CustomEventLogged, "+1d2h", happened="+1d1h", name="bye")
    assert at.lying() == ["nudge email", "nudge push"]


# X6, choice 13
def test_once_a_message_was_claimed_none_is_withdrawn_any_more() -> None:
    at = desk()
    at.claim("+1d1h", channel="email")
    at.does(CustomEventLogged, "+1d2h", happened="+2h", name="bye")
    assert at.outcomes("nudge") == ["sending at +1d1h"]
    assert at.claim("+1d2h", channel="push") == ["push"]
    at.accept("+1d2h")
    assert at.outcomes("nudge") == ["sent at +1d2h"]


# X6, choice 13
def test_after_an_acceptance_the_other_messages_go_too() -> None:
    at = desk()
    at.claim("+1d1h", channel="email")
    at.accept("+1d1h", channel="email")
    at.does(CustomEventLogged, "+1d2h", happened="+2h", name="bye")
    assert at.lying() == ["nudge push"]
    assert at.outcomes("nudge") == ["sent at +1d1h"]


# X6, choice 13
def test_after_a_passing_fault_a_message_lies_in_the_outbox_again() -> None:
    at = desk()
    at.claim("+1d1h")
    at.defer("+1d1h")
    at.does(CustomEventLogged, "+1d2h", happened="+2h", name="bye")
    assert at.outcomes("nudge") == ["cancelled (custom_event) at +2h"]
    assert at.lying() == []


# X6
def test_what_was_cancelled_is_not_handed_over_when_delivery_comes_late() -> None:
    at = desk()
    ((entry, message), *_) = [(one.entry, one.id) for one in at.outbox.values()]
    at.does(CustomEventLogged, "+1d2h", happened="+2h", name="bye")
    effects = at.does(Claimed, "+1d3h", id="", entry=entry, message=message)
    assert [type(effect) for effect in effects] == [Withdraw]
    assert at.outcomes("nudge") == ["cancelled (custom_event) at +2h"]


# X6
def test_an_outcome_that_is_there_already_stays() -> None:
    """Suppressed at the due time, ana is not cancelled afterwards."""
    played = play("""
        campaigns:
          - {id: nudge, channels: [push], triggers: [start_session], delay: {after: 1h}, exceptions: [make_purchase]}
        timeline:
          - {at: +1h, does: start_session}
          - {at: +3h, happened: +1h30m, does: make_purchase}
    """)
    assert played.outcomes("ana", "nudge") == ["suppressed (not_reachable) at +2h"]


# X6, D3
def test_an_entry_due_on_arrival_is_settled_only_after_the_events_before_its_due_time() -> None:
    """The exception of +90m arrives before the clock has taken up what was due at +2h."""
    desk = Desk("""
        campaigns:
          - {id: nudge, triggers: [{custom_event: hi}], delay: {after: 1h}, exceptions: [{custom_event: bye}]}
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(CustomEventLogged, "+3h", happened="+1h30m", name="bye")
    assert desk.outcomes("nudge") == ["cancelled (custom_event) at +1h30m"]
    assert desk.lying() == []
