"""The few names, values, zones and spans that the made-up worlds use, so that things meet often.

One rule: everything here is a legal value of the files; invalid zones are legal, too (D2).
"""

from datetime import UTC, datetime, time, timedelta

from ensue.core.events import Json
from ensue.core.words import CampaignInteraction, ChannelName

NAMES = ("browsed", "signed_up", "liked")
PRODUCTS = ("lamp", "sofa")
COLORS = ("red", "blue", "Red")
CITIES = ("Malmo", "Lund")
ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Africa/Cairo",
    "America/St_Johns",
    "Mars/Olympus",
    "",
)
WORKSPACE_ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
CLOCKS = (time(9), time(2, 30), time(0), time(23, 45), time(2), time(3), time(12, 15), time(1, 30))
STARTS = (
    datetime(2026, 3, 2, 9, tzinfo=UTC),
    datetime(2026, 3, 28, 23, 30, tzinfo=UTC),  # a day before Stockholm moves forward
    datetime(2026, 3, 7, 5, tzinfo=UTC),  # a day before New York moves forward
    datetime(2026, 4, 3, 12, tzinfo=UTC),  # before Lord Howe and Auckland move back
    datetime(2026, 4, 23, 20, tzinfo=UTC),  # before Cairo moves forward at midnight
    datetime(2026, 10, 24, 22, 30, tzinfo=UTC),  # before Stockholm moves back
    datetime(2026, 10, 31, 4, tzinfo=UTC),  # before New York moves back
    datetime(2026, 12, 30, 18, tzinfo=UTC),
)
SPANS = (
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(hours=36),
    timedelta(days=7),
)
ATTRIBUTES: dict[str, tuple[Json, ...]] = {
    "plan": ("free", "pro", "Pro", "", None),
    "score": (0, 1, 2.5, 10, -3, True, "10", None),
    "vip": (True, False, 1, None),
    "tags": (["a"], ["a", "b"], [], ["b", 1], [True], "a", None),
    "joined": ("2026-03-01T08:00:00Z", "2026-03-03", "2026-10-25T02:30:00+02:00", "yesterday", 20260301, None),
    "country": ("SE", "US", "IN", None),
    "language": ("sv", "en", None),
    "address": ({"city": "Malmo", "zip": 21120}, {"city": "Lund"}, {}, "Malmo", None),
}
MAKING_RECEIPTS: dict[ChannelName, CampaignInteraction] = {
    "email": "receive_email",
    "push": "receive_push",
    "webhook": "receive_webhook",
    "in_app_message": "view_in_app_message",
}
BY_CHANNEL: dict[ChannelName, dict[CampaignInteraction, int]] = {
    "email": {
        "receive_email": 8,
        "open_email": 5,
        "click_email": 4,
        "bounce_email": 1,
        "unsubscribe_email": 1,
        "mark_email_as_spam": 1,
    },
    "push": {"receive_push": 4, "directly_open_push": 3},
    "webhook": {"receive_webhook": 1},
    "in_app_message": {"view_in_app_message": 3, "click_in_app_message": 3, "dismiss_in_app_message": 1},
}
LINKS = ("shop", "help")
BUTTONS = ("more", "later")
