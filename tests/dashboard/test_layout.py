"""The layout of the connection map: whatever the graph, nothing lies upon anything else, and every link has a way."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ensue.services.connection_map import Atlas, Link, Node, Strand
from ensue.web.dashboard.layout import Edge, Sizes, laid_out
from ensue.web.dashboard.map_drawing import LABEL, draw, labelled, shortened

SIZES = Sizes()
GRAPHS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), min_size=1, max_size=40)


def edges_of(pairs: list[tuple[int, int]]) -> frozenset[Edge]:
    return frozenset((f"c{one}", f"c{other}") for one, other in pairs)


def atlas_of(edges: frozenset[Edge]) -> Atlas:
    names = sorted({end for edge in edges for end in edge})
    nodes = {name: Node(id=name, name=name * 20, kind="campaign", status="active") for name in names}
    strand = Strand(interaction="open_email", role="trigger", interacted=10_000_000, sent=3)
    links = tuple(Link(original=one, follow_on=other, strands=(strand,)) for one, other in sorted(edges))
    return Atlas(nodes=nodes, links=links)


@given(pairs=GRAPHS)
def test_no_node_lies_upon_another(pairs: list[tuple[int, int]]) -> None:
    spots = sorted(laid_out(edges_of(pairs), SIZES).spots.values())
    for place, (x, y) in enumerate(spots):
        for left, top in spots[place + 1 :]:
            assert abs(x - left) >= SIZES.width or abs(y - top) >= SIZES.height


@given(pairs=GRAPHS)
def test_every_link_but_a_loop_has_a_way_from_its_original_to_its_follow_on(pairs: list[tuple[int, int]]) -> None:
    edges = edges_of(pairs)
    layout = laid_out(edges, SIZES)
    assert layout.ways.keys() == {edge for edge in edges if edge[0] != edge[1]}
    for (original, follow_on), way in layout.ways.items():
        for name, point in ((original, way[0]), (follow_on, way[-1])):
            x, y = layout.spots[name]
            assert abs(point[0] - x - SIZES.width / 2) < 1
            assert abs(point[1] - y - SIZES.height / 2) < 1
        is_leftwards = way[-1][0] < way[0][0]
        assert is_leftwards == ((original, follow_on) in layout.backwards)


@given(pairs=GRAPHS)
def test_no_label_of_a_gap_lies_upon_another(pairs: list[tuple[int, int]]) -> None:
    edges = edges_of(pairs)
    labels = labelled(atlas_of(edges), laid_out(edges, SIZES))
    assert len(labels) == len(edges)
    places = sorted((round(one.x), one.y) for one in labels)
    for (x, y), (left, top) in pairwise(places):
        assert x != left or top - y > LABEL - 0.01


def test_a_graph_without_circles_goes_from_left_to_right() -> None:
    layout = laid_out(frozenset({("a", "b"), ("b", "c"), ("a", "c")}), SIZES)
    assert layout.spots["a"][0] < layout.spots["b"][0] < layout.spots["c"][0]
    assert len(layout.ways["a", "c"]) == 3
    assert layout.backwards == frozenset()


def test_a_drawing_names_everything_and_has_no_style_of_its_own() -> None:
    drawing = draw(atlas_of(frozenset({("a", "b"), ("b", "a"), ("a", "a")})))
    assert "10,000,000 interacted" in drawing
    assert 'href="/dashboard/map/a/b"' in drawing
    assert "style=" not in drawing


def test_long_names_are_cut_to_the_room_that_their_letters_take() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("a much longer name", 10) == "a much lon…"
    assert shortened("illicitly", 6) == "illicitly"
    assert shortened("mammwoth", 6) == "mam…"
    assert shortened("誕生日クーポン", 10) == "誕生日ク…"
