"""Charts, drawn by the server: numbers in, SVG out.

One rule: a chart says in words what it shows (`title`, `desc`), and its colours are those of the style sheet: series
are of the classes `s1` to `s6`, and nothing here names a colour.

Texts keep their size at every width: places along the width are percentages, and only what has no text is stretched.
"""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

import msgspec
from markupsafe import Markup

from ensue.web.dashboard.wording import number, percent

LEAST = 1e-6
"""What is not above this is nothing."""
KINDS = 6
"""How many series can be told apart."""
HEIGHT = 220
FOOT = 24
"""Pixels below the drawing, for the labels of the axis."""
ROOM = 18
"""Pixels above it, for the highest label."""
LINES = 4
"""Lines of the grid, at most."""
LABELS = 5
"""Labels along the axis, at most; a phone has no room for more."""
LONGEST, LONGEST_LOSS = 34, 40
"""Letters of a name beside its number on a phone: of a bar, and of a loss, which is written lighter."""
ROW = 44
BAR = 14
GAP = 9
"""Height of a row of bars, of its bar, and of what is free below it."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """What one line shows: a value for each label of the chart."""

    name: str
    values: tuple[float, ...]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar; `note` stands behind its number, `kind` (1 to 6) is its colour."""

    name: str
    value: float
    note: str = ""
    kind: int = 1


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a funnel, and who was lost on the way to the next, by reason."""

    name: str
    value: float
    lost: tuple[tuple[str, float], ...] = ()


def time_series(title: str, labels: Sequence[str], series: Sequence[Series], *, height: int = HEIGHT) -> Markup:
    """Draw lines over time; the first one is filled. A legend names them where there are several."""
    top = _ceiling(max((value for one in series for value in one.values), default=0))
    words = "; ".join(f"{one.name}: {number(sum(one.values))} in all" for one in series)
    parts = [
        *_grid(top, height),
        _stretched(height, [*_curves(series, top)]),
        *_scale(top, height),
        *_axis(labels, height),
        _stretched(height, [*_columns(labels, series)]),
    ]
    drawing = _svg(title, f"{_span(labels)} {words}.", height + ROOM + FOOT, parts)
    return drawing + _legend([one.name for one in series]) if len(series) > 1 else drawing


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Draw bars below one another, each with its name and number."""
    most = max((one.value for one in rows), default=0) or 1
    words = "; ".join(f"{one.name}: {number(one.value)}" for one in rows)
    parts = [part for place, one in enumerate(rows) for part in _bar(one, place * ROW, one.value / most)]
    return _svg(title, f"{words}.", len(rows) * ROW - GAP, parts)


def funnel(title: str, stages: Sequence[Stage]) -> Markup:
    """Draw stages below one another, their shares of the first, and below each who was lost, by reason."""
    first = max((one.value for one in stages), default=0) or 1
    parts: list[Markup] = []
    y = 0
    for place, one in enumerate(stages):
        note = percent(one.value / first) if place else ""
        parts += _bar(Bar(name=one.name, value=one.value, note=note), y, one.value / first)
        y += ROW
        for name, count in one.lost:
            parts += _loss(name, count, y, count / first)
            y += ROW // 2
        y += ROW // 4 if one.lost else 0
    words = "; ".join(f"{one.name}: {number(one.value)}{_lost(one)}" for one in stages)
    return _svg(title, f"{words}.", y - GAP, parts)


# ---------------------------------------------------------------- parts


def _svg(title: str, words: str, height: int, parts: Sequence[Markup]) -> Markup:
    frame = Markup('<svg width="100%" height="{}" role="img"><title>{}</title><desc>{}</desc>{}</svg>')
    return frame.format(height, title, words, Markup().join(parts))


def _bar(one: Bar, y: int, share: float) -> Iterator[Markup]:
    kind = (one.kind - 1) % KINDS + 1
    yield _text("strong", "0", y + 14, _short(one.name))
    yield _text("end", "100%", y + 14, f"{number(one.value)}{f' · {one.note}' if one.note else ''}")
    yield Markup('<rect class="track" y="{}" width="100%" height="{}" rx="4"/>').format(y + 21, BAR)
    yield Markup('<rect class="bar s{}" y="{}" width="{}%" height="{}" rx="4"/>').format(
        kind, y + 21, f"{share * 100:.4g}", BAR
    )


def _short(name: str, longest: int = LONGEST) -> str:
    """Return as much of a name as there is room for."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def _loss(name: str, count: float, y: int, share: float) -> Iterator[Markup]:
    yield _text("", "0.75em", y + 11, f"− {_short(name, LONGEST_LOSS)}")
    yield _text("end", "100%", y + 11, number(count))
    yield Markup('<rect class="loss" y="{}" width="{}%" height="3" rx="1.5"/>').format(y + 16, f"{share * 100:.4g}")


def _lost(stage: Stage) -> str:
    said = ", ".join(f"{name} {number(count)}" for name, count in stage.lost)
    return f" (lost: {said})" if said else ""


def _grid(top: float, height: int) -> Iterator[Markup]:
    """Yield the lines across."""
    for value, y in _steps(top, height):
        kind = "grid" if value else "base"
        yield Markup('<line class="{}" x2="100%" y1="{}" y2="{}"/>').format(kind, f"{y:.4g}", f"{y:.4g}")


def _scale(top: float, height: int) -> Iterator[Markup]:
    """Yield the numbers of the lines, on top of them."""
    return (_text("", "0", y - 4, number(value)) for value, y in _steps(top, height) if value)


def _steps(top: float, height: int) -> list[tuple[float, float]]:
    """Return the values of the lines across, and where they are."""
    step = _step(top)
    return [(place * step, ROOM + height * (1 - place * step / top)) for place in range(round(top / step) + 1)]


def _axis(labels: Sequence[str], height: int) -> Iterator[Markup]:
    every = max(1, ceil(len(labels) / LABELS))
    last = len(labels) - 1
    for place in range(0, len(labels), every):
        share = place / last if last > 0 else 0.5
        if 0 < last - place < every / 2:
            continue
        kind = "middle" if 0 < share < 1 else ("end" if share else "")
        yield _text(kind, f"{share * 100:.4g}%", height + ROOM + 17, labels[place])


def _stretched(height: int, parts: Sequence[Markup]) -> Markup:
    frame = Markup('<svg y="{}" width="100%" height="{}" viewBox="0 0 100 100" preserveAspectRatio="none">{}</svg>')
    return frame.format(ROOM, height, Markup().join(parts))


def _curves(series: Sequence[Series], top: float) -> Iterator[Markup]:
    for place, one in enumerate(series):
        kind = place % KINDS + 1
        points = _points(one.values, top)
        if not points:
            continue
        line = " ".join(f"{x:.4g},{y:.4g}" for x, y in points)
        if place == 0:
            around = f"{points[0][0]:.4g},100 {line} {points[-1][0]:.4g},100"
            yield Markup('<polygon class="area s{}" points="{}"/>').format(kind, around)
        yield Markup('<polyline class="s{}" points="{}"/>').format(kind, line)


def _columns(labels: Sequence[str], series: Sequence[Series]) -> Iterator[Markup]:
    """Yield a column for each label that says, under the pointer, what there is."""
    width = 100 / max(len(labels) - 1, 1)
    for place, label in enumerate(labels):
        said = ", ".join(f"{one.name} {number(one.values[place])}" for one in series if place < len(one.values))
        x = place * width - width / 2 if len(labels) > 1 else 0
        yield Markup('<rect class="hover" x="{}" width="{}" height="100"><title>{}: {}</title></rect>').format(
            f"{x:.4g}", f"{width:.4g}", label, said
        )


def _points(values: Sequence[float], top: float) -> list[tuple[float, float]]:
    """Return places in a square of 100; a single value is a line across."""
    if len(values) == 1:
        return [(0, 100 - 100 * values[0] / top), (100, 100 - 100 * values[0] / top)]
    last = max(len(values) - 1, 1)
    return [(100 * place / last, 100 - 100 * value / top) for place, value in enumerate(values)]


def _text(kind: str, x: str, y: float, words: str) -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text{} x="{}" y="{}">{}</text>').format(named, x, f"{y:.4g}", words)


def _legend(names: Sequence[str]) -> Markup:
    lines = [Markup('<li class="s{}">{}</li>').format(place % KINDS + 1, name) for place, name in enumerate(names)]
    return Markup('<ul class="legend">{}</ul>').format(Markup().join(lines))


def _span(labels: Sequence[str]) -> str:
    return f"{labels[0]} to {labels[-1]}." if labels else "No data."


def _ceiling(most: float) -> float:
    """Return the end of the scale: the next line of the grid above the highest value."""
    if most <= LEAST:
        return 1
    step = _step(most)
    return ceil(most / step) * step


def _step(top: float) -> float:
    """Return the distance between two lines of the grid: 1, 2 or 5 times a power of ten."""
    rough = top / LINES
    power: float = 10.0 ** floor(log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough * (1 - 1e-9))
    return max(step, 1) if top >= 1 else step
