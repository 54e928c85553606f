"""What outcomes, reasons and interactions are called where people read them, in a few words.

One rule: every word of the core has one; a name that nobody knows is shown as it is.
Not here: whole sentences about definitions (`wording`).
"""

OUTCOMES: dict[str, str] = {
    "waiting": "waiting",
    "sending": "being sent",
    "sent": "sent",
    "control": "control group",
    "cancelled": "cancelled",
    "suppressed": "suppressed",
    "refused": "refused",
}
REASONS: dict[str, str] = {
    "not_yet_active": "the campaign was not active yet",
    "original_not_active": "the original was not active",
    "not_in_audience": "not in the audience",
    "already_waiting": "was waiting already",
    "not_eligible_again": "had received it before",
    "global_control_group": "in the global control group",
    "cascade_limit": "too long a chain of campaigns",
    "outside_duration": "outside the campaign’s duration",
    "campaign_stopped": "the campaign was stopped",
    "user_deleted": "the user was deleted",
    "no_longer_in_audience": "no longer in the audience",
    "not_reachable": "not reachable",
    "quiet_hours": "quiet hours",
    "frequency_capped": "frequency cap reached",
    "rate_limited": "waited too long for the rate limit",
    "aborted": "the template said no",
    "template_error": "the template has an error",
    "delivery_failed": "delivery failed",
    "exception_event": "exception event",
}
DEEDS: dict[str, str] = {
    "view_in_app_message": "saw the in-app message",
    "click_in_app_message": "clicked the in-app message",
    "dismiss_in_app_message": "dismissed the in-app message",
    "receive_email": "received the e-mail",
    "open_email": "opened the e-mail",
    "open_email:machine": "a machine opened the e-mail",
    "click_email": "clicked in the e-mail",
    "bounce_email": "the e-mail bounced",
    "unsubscribe_email": "unsubscribed from e-mail",
    "mark_email_as_spam": "marked the e-mail as spam",
    "receive_push": "received the push message",
    "directly_open_push": "opened the push message",
    "receive_webhook": "the webhook was accepted",
    "perform_conversion_event": "converted",
    "enrolled_in_control_group": "was enrolled in the control group",
    "cancelled_by_exception": "left the waiting room by an exception",
    "view_card": "saw the card",
    "click_card": "clicked the card",
    "dismiss_card": "dismissed the card",
    "make_purchase": "made a purchase",
    "custom_event": "did a custom event",
    "start_session": "started a session",
    "change_attribute": "an attribute changed",
    "add_email": "added an e-mail address",
    "change_subscription": "a subscription changed",
    "scheduled": "scheduled",
    "api": "the API asked for it",
    "people:viewed": "people who saw it",
    "people:opened": "people who opened it",
    "people:clicked": "people who clicked",
    "people:converted": "people who converted",
}


def capital(text: str) -> str:
    """Return a text that begins with a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def has_subject(deed: str) -> bool:
    """Say whether a deed is about something else than who did it: `the e-mail bounced`."""
    return deed.startswith(("the ", "a ", "an "))


def called(name: str) -> str:
    """Return what a figure, an outcome, a reason or a deed is called: `suppressed:not_reachable` is `not reachable`."""
    if name in DEEDS:
        return DEEDS[name]
    head, _, rest = name.partition(":")
    if not rest:
        return OUTCOMES.get(name) or REASONS.get(name) or name.replace("_", " ")
    match head:
        case "perform_conversion_event":
            return f"conversion {rest}"
        case "revenue":
            return f"revenue in {rest}"
        case "cancelled" | "suppressed" | "refused":
            return DEEDS.get(rest) or REASONS.get(rest) or rest.replace("_", " ")
        case _:
            return name
