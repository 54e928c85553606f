"""Where the nodes of the connection map lie, and by which way its links go: columns from left to right.

One rule: the same graph always gives the same picture; nothing here knows what a campaign is.

The layers and their order are found by `fast_sugiyama`, which is given what it can take: one part of the graph at a
time, without circles. A link that would close a circle is turned round for it, and drawn backwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import fast_sugiyama
import msgspec

Edge = tuple[str, str]
Point = tuple[float, float]

UNIT = 10.0
"""The distance of neighbours in what `fast_sugiyama` returns."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Pixels: of a node, of the gap between columns, from one node to that below, and between parts."""

    width: float = 212
    height: float = 64
    gap: float = 190
    row: float = 92
    between: float = 44
    shelf: float = 1100


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the picture, the upper left corners of nodes, and the ways of links.

    A way goes through middles of nodes and, where it passes columns by, through points in them. `backwards` are the
    links that go from right to left.
    """

    width: float
    height: float
    spots: Mapping[str, Point]
    ways: Mapping[Edge, tuple[Point, ...]]
    backwards: frozenset[Edge]


@lru_cache(maxsize=64)
def laid_out(edges: frozenset[Edge], sizes: Sizes) -> Layout:
    """Lay out what these edges connect; an edge from a node to itself has no way."""
    straight = sorted(edge for edge in edges if edge[0] != edge[1])
    backwards = _closing(straight)
    nodes = {end for edge in edges for end in edge}
    forward = {(edge[1], edge[0]) if edge in backwards else edge for edge in straight}
    parts = [_part(names, forward, sizes) for names in _components(nodes, forward)]
    width, height, corners = _shelved(parts, sizes)
    spots: dict[str, Point] = {}
    ways: dict[Edge, tuple[Point, ...]] = {}
    for part, (left, top) in zip(parts, corners, strict=True):
        spots |= {name: (x + left, y + top) for name, (x, y) in part.spots.items()}
        ways |= {edge: tuple((x + left, y + top) for x, y in way) for edge, way in part.ways.items()}
    turned = {edge: ways[edge] if edge not in backwards else ways[edge[1], edge[0]][::-1] for edge in straight}
    return Layout(width=width, height=height, spots=spots, ways=turned, backwards=frozenset(backwards))


# ---------------------------------------------------------------- the graph


def _closing(edges: Sequence[Edge]) -> set[Edge]:
    """Return edges without which there is no circle: those that lead back on the way of a search in depth."""
    after: dict[str, list[str]] = defaultdict(list)
    for one, other in edges:
        after[one].append(other)
    entered = {other for _, other in edges}
    closing: set[Edge] = set()
    done: set[str] = set()
    for start in sorted({one for one, _ in edges}, key=lambda name: (name in entered, name)):
        path: list[str] = []
        stack = [(start, False)]
        while stack:
            name, is_left = stack.pop()
            if is_left:
                done.add(path.pop())
                continue
            if name in done or name in path:
                continue
            path.append(name)
            stack.append((name, True))
            closing |= {(name, other) for other in after[name] if other in path}
            stack += [(other, False) for other in reversed(after[name])]
    return closing


def _components(nodes: Iterable[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Return the parts of a graph that nothing connects, the largest first."""
    beside: dict[str, set[str]] = defaultdict(set)
    for one, other in edges:
        beside[one].add(other)
        beside[other].add(one)
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in sorted(nodes):
        if start in seen:
            continue
        part, waiting = {start}, [start]
        while waiting:
            fresh = beside[waiting.pop()] - part
            part |= fresh
            waiting += fresh
        seen |= part
        found.append(sorted(part))
    return sorted(found, key=lambda part: (-len(part), part))


# ---------------------------------------------------------------- one part


class _Part(msgspec.Struct, frozen=True):
    width: float
    height: float
    spots: dict[str, Point]
    ways: dict[Edge, tuple[Point, ...]]


def _part(names: Sequence[str], edges: Iterable[Edge], sizes: Sizes) -> _Part:
    """Lay out one part without circles, with its upper left corner at 0."""
    numbers = {name: place for place, name in enumerate(names)}
    pairs = sorted((numbers[one], numbers[other]) for one, other in edges if one in numbers)
    if not pairs:
        return _Part(sizes.width, sizes.height, {names[0]: (0.0, 0.0)}, {})
    ((raw, _, depth, steps),) = fast_sugiyama.from_edges(
        pairs, vertex_spacing=UNIT, dummy_vertices=True, check_layout=False
    )
    places = {int(number): (depth - y, x) for number, (x, y) in raw}
    rows = _apart(places, len(names))
    column, middle = sizes.width + sizes.gap, sizes.height / 2
    points = {number: (places[number][0] / UNIT * column, rows[number] / UNIT * sizes.row) for number in sorted(places)}
    ways = {
        (names[start], names[route[-1]]): tuple(
            (points[number][0] + sizes.width / 2, points[number][1] + middle) for number in route
        )
        for start in range(len(names))
        for route in _routes(start, steps or [], len(names))
    }
    spots = {name: points[number] for name, number in numbers.items()}
    height = max(y for _, y in points.values()) + sizes.height
    return _Part(depth / UNIT * column + sizes.width, height, spots, ways)


def _apart(places: Mapping[int, Point], real: int) -> dict[int, float]:
    """Return the heights of all points, so that real nodes of one column keep their distance, beginning at 0."""
    columns: dict[float, list[int]] = defaultdict(list)
    for number, (column, _) in sorted(places.items()):
        columns[column].append(number)
    rows: dict[int, float] = {}
    for numbers in columns.values():
        least = float("-inf")
        for number in sorted(numbers, key=lambda one: (places[one][1], one)):
            rows[number] = max(places[number][1], least) if number < real else places[number][1]
            least = rows[number] + UNIT if number < real else least
    first = min(rows.values())
    return {number: row - first for number, row in rows.items()}


def _routes(start: int, steps: Iterable[tuple[int | str, int | str]], real: int) -> list[list[int]]:
    """Return the ways from a node to those after it; numbers from `real` on are points between."""
    after: dict[int, list[int]] = defaultdict(list)
    for one, other in steps:
        after[int(one)].append(int(other))
    routes = []
    for first in sorted(after[start]):
        route = [start, first]
        while route[-1] >= real:
            route.append(after[route[-1]][0])
        routes.append(route)
    return routes


def _shelved(parts: Sequence[_Part], sizes: Sizes) -> tuple[float, float, list[Point]]:
    """Put parts side by side as long as there is room, then below; return width, height and corners."""
    shelf = max([sizes.shelf, *(part.width for part in parts)])
    x = y = tallest = widest = 0.0
    corners: list[Point] = []
    for part in parts:
        if x and x + part.width > shelf:
            x, y, tallest = 0.0, y + tallest + sizes.between, 0.0
        corners.append((x, y))
        widest = max(widest, x + part.width)
        x += part.width + sizes.between * 2
        tallest = max(tallest, part.height)
    return widest, y + tallest, corners
