"""The differences between variations and their baseline, drawn: a dot for what was seen, a bar for where it may lie.

One rule: what cannot be told is not drawn.
"""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ensue.services.reports import Arm
from ensue.web.dashboard.wording import points

ROW = 46
FOOT = 22
LONGEST = 22
"""Letters of a name that there is room for on a phone."""
MARGIN = 1.12
"""Room beyond the furthest end, as a factor."""


def intervals(arms: Sequence[Arm], baseline: str | None) -> Markup:
    """Draw the interval of each arm that has one; nothing where there is none."""
    shown = [one for one in arms if one.comparison is not None and one.comparison.low is not None]
    if not shown:
        return Markup()
    reach = max(abs(end) for one in shown for end in _ends(one)) * MARGIN or 1
    parts = [part for place, one in enumerate(shown) for part in _row(one, place * ROW, reach)]
    height = len(shown) * ROW + FOOT
    against = "the control group" if baseline == "control" else f"variation {baseline}"
    said = "; ".join(f"{one.name}: {points(_ends(one)[0])} to {points(_ends(one)[1])}" for one in shown)
    frame = Markup(
        '<svg width="100%" height="{}" role="img"><title>Difference from {}</title><desc>{}</desc>'
        '<line class="base" x1="50%" x2="50%" y1="0" y2="{}"/>{}</svg>'
    )
    marks = [
        _text("", "0", height - 4, points(-reach)),
        _text("middle", "50%", height - 4, "no difference"),
        _text("end", "100%", height - 4, points(reach)),
    ]
    return frame.format(height, against, said, height - FOOT, Markup().join([*parts, *marks]))


def _row(arm: Arm, y: int, reach: float) -> Iterator[Markup]:
    low, high = _ends(arm)
    dot = arm.comparison.difference if arm.comparison and arm.comparison.difference is not None else 0.0
    kind = 1 if arm.comparison and arm.comparison.is_sure else 6
    yield _text("strong", "0", y + 14, arm.name if len(arm.name) <= LONGEST else f"{arm.name[: LONGEST - 1]}…")
    yield _text("end", "100%", y + 14, f"{points(low)} to {points(high)}")
    yield Markup('<rect class="track" y="{}" width="100%" height="14" rx="4"/>').format(y + 21)
    yield Markup('<rect class="bar s{}" x="{}%" y="{}" width="{}%" height="14" rx="4" opacity=".45"/>').format(
        kind, _place(low, reach), y + 21, f"{(high - low) / reach * 50:.4g}"
    )
    yield Markup('<circle class="bar s{}" cx="{}%" cy="{}" r="6"/>').format(kind, _place(dot, reach), y + 28)


def _ends(arm: Arm) -> tuple[float, float]:
    found = arm.comparison
    return (found.low or 0.0, found.high or 0.0) if found is not None else (0.0, 0.0)


def _place(value: float, reach: float) -> str:
    return f"{50 + value / reach * 50:.4g}"


def _text(kind: str, x: str, y: int, words: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, x, y, words)
