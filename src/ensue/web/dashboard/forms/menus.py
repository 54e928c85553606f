"""What the menus of forms offer, in words; the templates know these by name.

One rule: the order here is the order on the page.
"""

from ensue.core.words import CHANNELS
from ensue.services import wording
from ensue.services.terms import capital
from ensue.web.dashboard.forms.comparisons import COUNTING, OPERATORS, TIMING
from ensue.web.dashboard.forms.filters import LEAVES, MENU, MODES
from ensue.web.dashboard.forms.rows import CONVERSIONS, TRIGGERS

UNITS = ("seconds", "minutes", "hours", "days", "weeks")


def _capitalized(words: dict[str, str]) -> dict[str, str]:
    return {key: capital(text) for key, text in words.items()}


MENUS: dict[str, object] = {
    "all_operators": OPERATORS,
    "counting": COUNTING,
    "timing": TIMING,
    "modes": MODES,
    "leaves": LEAVES,
    "menu": MENU,
    "units": UNITS,
    "trigger_kinds": TRIGGERS,
    "conversion_kinds": CONVERSIONS,
    "channel_kinds": CHANNELS,
    "channel_names": _capitalized({str(key): text for key, text in wording.CHANNEL_WORDS.items()}),
    "channel_icons": {"email": "mail", "push": "bell", "in_app_message": "window", "webhook": "hook"},
    "interaction_words": _capitalized({str(key): text for key, text in wording.INTERACTIONS.items()}),
    "card_words": _capitalized({str(key): text for key, text in wording.CARD_INTERACTIONS.items()}),
}
