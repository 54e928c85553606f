"""The connection map as a picture: an atlas in, SVG out.

One rule: every node and link is a link to its page and says in words what it shows; colours are the style sheet's.
Not here: where things lie (`layout`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil, floor
from unicodedata import east_asian_width

import msgspec
from markupsafe import Markup

from ensue.services.connection_map import Atlas, Link, Node
from ensue.services.terms import DEEDS, capital
from ensue.web.dashboard.layout import Layout, Point, Sizes, laid_out
from ensue.web.dashboard.wording import brief, number

SIZES = Sizes()
MARGIN = 24
LABEL = 40
"""Height of a label, with the room around it."""
LONGEST_LABEL = 24
LONGEST_NAME = 21
LETTER = 7.0
"""Pixels of a letter in a label, on average."""
NARROW, BROAD = frozenset("iIjlftr.,:;'|!()[] "), frozenset("mwMW@%—")
"""Letters that are half as wide as others, and half as wide again."""
BEND = 0.45
LOOP = 34


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at a link: its middle, and two lines."""

    link: Link
    x: float
    y: float
    head: str
    foot: str


def draw(atlas: Atlas) -> Markup:
    """Draw what is connected; what nothing connects is for a list below."""
    layout = laid_out(frozenset((one.original, one.follow_on) for one in atlas.links), SIZES)
    labels = {(one.link.original, one.link.follow_on): one for one in labelled(atlas, layout)}
    top = min([0, *(one.y - LABEL / 2 for one in labels.values())]) - MARGIN
    bottom = max([layout.height, *(one.y + LABEL / 2 for one in labels.values())]) + MARGIN
    width, height = ceil(layout.width + 2 * MARGIN), ceil(bottom - top)
    parts = [
        *(_way(one, layout, atlas.nodes) for one in atlas.links),
        *(_tag(one, atlas.nodes) for one in labels.values()),
        *(_node(atlas.nodes[name], spot) for name, spot in sorted(layout.spots.items(), key=lambda item: item[1])),
    ]
    frame = Markup(
        '<svg class="map" width="{}" height="{}" viewBox="{} {} {} {}" role="group" aria-label="{}">{}{}</svg>'
    )
    words = f"Connection map: {len(layout.spots)} campaigns and cards, {len(atlas.links)} connections"
    return frame.format(width, height, -MARGIN, floor(top), width, height, words, MARKERS, Markup().join(parts))


MARKERS = Markup().join(
    Markup(
        '<marker id="to{}" class="tip {}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0.8 9.5 5 0 9.2z"/></marker>'
    ).format(kind, kind)
    for kind in ("trigger", "exception", "circle")
)


# ---------------------------------------------------------------- words


def label_of(link: Link) -> tuple[str, str]:
    """Return the two lines at a link: what is done with the original, and what came of it."""
    strands = link.triggers or link.strands
    more = f" +{len(link.strands) - 1}" if len(link.strands) > 1 else ""
    head = shortened(deed_of(strands[0].interaction), LONGEST_LABEL - len(more)) + more
    done = brief(sum(one.interacted for one in strands))
    if not link.triggers:
        return head, f"{done} · {brief(sum(one.cancelled for one in strands))} cancelled"
    return head, f"{done} → {brief(sum(one.sent for one in strands))} sent"


def deed_of(interaction: str) -> str:
    """Return what is done, with a capital: `Clicked in the e-mail`."""
    return capital(DEEDS.get(interaction, interaction.replace("_", " ")))


def told(link: Link, nodes: Mapping[str, Node]) -> str:
    """Return a link in words, as a tooltip shows it and a screen reader reads it."""
    parts = [f"{title_of(nodes[link.original])} → {title_of(nodes[link.follow_on])}."]
    for one in link.strands:
        counts = (
            f"cancelled {number(one.cancelled)}"
            if one.role == "exception"
            else f"{number(one.waiting)} waiting, {number(one.cancelled)} cancelled, {number(one.sent)} sent, "
            f"{number(one.converted)} converted"
        )
        what = "cancels" if one.role == "exception" else "triggers"
        parts.append(f"{deed_of(one.interaction)} {what}: {number(one.interacted)} interacted, {counts}.")
    if link.in_cycle:
        parts.append("Part of a cycle.")
    if link.lateness:
        parts.append(LATE[link.lateness])
    return " ".join(parts)


LATE = {
    "missing": "The original is active, the follow-on is not launched: interactions are being missed.",
    "late": "The follow-on was launched after its original: interactions before that were missed.",
}


def title_of(node: Node) -> str:
    """Return a node's name, or its id where it has none."""
    return node.name or node.id


def shortened(text: str, longest: int) -> str:
    """Cut a text to the room of so many letters."""
    room: float = longest
    for place, letter in enumerate(text):
        room -= _width(letter)
        if room < 0:
            return f"{text[: max(place - 1, 1)].rstrip()}…"
    return text


def _width(letter: str) -> float:
    """Return how much room a letter takes, as a part of what most of them take."""
    if letter in NARROW:
        return 0.5
    if letter in BROAD:
        return 1.5
    return 2 if east_asian_width(letter) in "WF" else 1.1 if letter.isupper() else 1


# ---------------------------------------------------------------- labels


def labelled(atlas: Atlas, layout: Layout) -> list[Label]:
    """Return the labels of all links, moved apart where they would lie upon one another."""
    leaving, arriving = _degrees(atlas)
    gaps: dict[float, list[Label]] = defaultdict(list)
    for link in atlas.links:
        way = layout.ways.get((link.original, link.follow_on))
        head, foot = label_of(link)
        if way is None:
            x, y = layout.spots[link.original]
            place = (x + SIZES.width / 2, y - LOOP)
        else:
            at_end = leaving[link.original] >= arriving[link.follow_on]
            place = _middle(*(way[-2:] if at_end else way[:2]))
        label = Label(link=link, x=place[0], y=place[1], head=head, foot=foot)
        gaps[round(label.x)].append(label)
    return [label for gap in gaps.values() for label in _moved_apart(gap)]


def _degrees(atlas: Atlas) -> tuple[dict[str, int], dict[str, int]]:
    leaving: dict[str, int] = defaultdict(int)
    arriving: dict[str, int] = defaultdict(int)
    for link in atlas.links:
        leaving[link.original] += 1
        arriving[link.follow_on] += 1
    return leaving, arriving


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _moved_apart(labels: list[Label]) -> Iterator[Label]:
    """Yield labels of one gap from above to below, none nearer to the last than a label is high.

    A row of crowded labels is centred on where they would be.
    """
    ordered = sorted(labels, key=lambda one: (one.y, one.link.original, one.link.follow_on))
    groups: list[list[Label]] = []
    for label in ordered:
        groups.append([label])
        while len(groups) > 1 and _top(groups[-1]) < _top(groups[-2]) + len(groups[-2]) * LABEL:
            last = groups.pop()
            groups[-1] += last
    for group in groups:
        for place, label in enumerate(group):
            yield msgspec.structs.replace(label, y=_top(group) + place * LABEL + LABEL / 2)


def _top(group: list[Label]) -> float:
    return sum(one.y for one in group) / len(group) - len(group) * LABEL / 2


# ---------------------------------------------------------------- parts


def _kind(link: Link) -> str:
    if link.in_cycle:
        return "circle"
    return "trigger" if link.triggers else "exception"


def _address(link: Link) -> str:
    return f"/dashboard/map/{link.original}/{link.follow_on}"


def _way(link: Link, layout: Layout, nodes: Mapping[str, Node]) -> Markup:
    way = layout.ways.get((link.original, link.follow_on))
    path = _loop(layout.spots[link.original]) if way is None else _curve(way)
    kind = _kind(link)
    line = Markup('<a href="{}" tabindex="-1" aria-hidden="true"><path class="way {}" d="{}" marker-end="url(#to{})"/>')
    return line.format(_address(link), f"{kind} late" if link.lateness else kind, path, kind) + Markup(
        "<title>{}</title></a>"
    ).format(told(link, nodes))


def _curve(way: tuple[Point, ...]) -> str:
    """Return the path from side to side: smooth, and level at every point."""
    sign = 1 if way[-1][0] > way[0][0] else -1
    half = SIZES.width / 2 * sign
    aside = -6 * sign
    points = [(way[0][0] + half, way[0][1] + aside), *((x, y + aside) for x, y in way[1:-1])]
    points.append((way[-1][0] - half - 2 * sign, way[-1][1] + aside))
    said = f"M{points[0][0]:g} {points[0][1]:g}"
    for one, other in pairwise(points):
        bend = (other[0] - one[0]) * BEND
        said += f"C{one[0] + bend:g} {one[1]:g} {other[0] - bend:g} {other[1]:g} {other[0]:g} {other[1]:g}"
    return said


def _loop(spot: Point) -> str:
    """Return the path of what follows on itself: out at the right, over the top, in again."""
    x, y = spot[0] + SIZES.width / 2, spot[1]
    return f"M{x + 60:g} {y:g}C{x + 60:g} {y - LOOP * 1.3:g} {x - 60:g} {y - LOOP * 1.3:g} {x - 60:g} {y - 2:g}"


def _tag(label: Label, nodes: Mapping[str, Node]) -> Markup:
    width = max(len(label.head), len(label.foot)) * LETTER + 18
    late = " late" if label.link.lateness else ""
    tag = Markup(
        '<a href="{}" class="tag-of {}{}" aria-label="{}"><rect x="{:g}" y="{:g}" width="{:g}" height="34" rx="8"/>'
        '<text class="middle strong" x="{:g}" y="{:g}">{}</text><text class="middle" x="{:g}" y="{:g}">{}</text>'
        "<title>{}</title></a>"
    )
    words = told(label.link, nodes)
    return tag.format(
        _address(label.link),
        _kind(label.link),
        late,
        words,
        label.x - width / 2,
        label.y - 17,
        width,
        label.x,
        label.y - 3,
        label.head,
        label.x,
        label.y + 11,
        label.foot,
        words,
    )


def _node(node: Node, spot: Point) -> Markup:
    x, y = spot
    name, title = title_of(node), f"{title_of(node)}: {node.kind}, {node.status}"
    said = (
        f"{brief(node.viewed)} view{'' if node.viewed == 1 else 's'}"
        if node.kind == "card"
        else f"{brief(node.sent)} sent"
    )
    waiting = f" · {brief(node.waiting)} waiting" if node.waiting else ""
    status = f"Card · {node.status}" if node.kind == "card" else "" if waiting else capital(node.status)
    body = Markup(
        '<rect class="box" x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="{}"/>'
        '<circle cx="{:g}" cy="{:g}" r="4"/><text class="strong name" x="{:g}" y="{:g}">{}</text>'
        '<text x="{:g}" y="{:g}">{}</text><text class="end" x="{:g}" y="{:g}">{}{}</text><title>{}</title>'
    ).format(
        *(x, y, SIZES.width, SIZES.height, 20 if node.kind == "card" else 10),
        *(x + 18, y + 43, x + 14, y + 26, shortened(name, LONGEST_NAME)),
        *(x + 28, y + 47, status, x + SIZES.width - 14, y + 47, said, waiting),
        title,
    )
    if node.status == "missing":
        return Markup('<g class="node missing {}">{}</g>').format(node.kind, body)
    address = f"/dashboard/{node.kind}s/{node.id}"
    return Markup('<a class="node {} {}" href="{}" aria-label="{}">{}</a>').format(
        node.status, node.kind, address, title, body
    )
