"""The text of a YAML file as a tree of values, each with its place.

One rule: nothing is constructed but texts, numbers, true, false, null, lists and mappings, within bounds.
Scalars are read by YAML 1.2, where `on`, `no` and `09:00` are texts, and so are all keys.
Not here: what the values mean (`documents`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import yaml
from msgspec import Struct

from ensue.codec.findings import LIMIT, Path, Place
from ensue.errors import Problem, Rejected

MAX_BYTES = 5_000_000
MAX_NODES = 100_000
"""Values of a file, those that aliases repeat counted each time."""
MAX_DEPTH = 100

INTEGER = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NO_NUMBER = re.compile(r"\.([iInN])")
NAMED: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEXT_TAG = "tag:yaml.org,2002:str"

Scalar: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"


class Node(Struct, frozen=True):
    """A value with its place; `size` counts it and all below, `depth` its levels."""

    content: "Scalar | list[Node] | dict[str, Node]"
    place: Place
    keys: dict[str, Place] = {}
    size: int = 1
    depth: int = 1

    def plain(self) -> Plain:
        """Return the value without places."""
        match self.content:
            case list():
                return [item.plain() for item in self.content]
            case dict():
                return {key: item.plain() for key, item in self.content.items()}
            case _:
                return self.content

    def of_value(self, path: Path) -> Place | None:
        """Return the place of the value at a path, or of the nearest value above that is there."""
        return self._nearest(path).place

    def of_key(self, path: Path) -> Place | None:
        """Return the place of the key at the end of a path."""
        return self._nearest(path[:-1]).keys.get(str(path[-1])) or self.of_value(path)

    def _nearest(self, path: Path) -> "Node":
        node = self
        for part in path:
            match node.content, part:
                case dict(), str() if part in node.content:
                    node = node.content[part]
                case list(), int() if part < len(node.content):
                    node = node.content[part]
                case _:
                    break
        return node


def read_nodes(text: str, source: str = "") -> list[Node]:
    """Return the documents of a YAML text that are not empty; raise `Rejected` for what is not YAML, or too much."""
    tree = _Tree(text, source)
    try:
        nodes = tree.documents()
    except yaml.MarkedYAMLError as error:
        words = " ".join(part for part in (error.context, error.problem) if part)
        place = _place(error.problem_mark or error.context_mark)
        raise tree.rejected("syntax", f"is no YAML: {words}", _mend(words, text, place), place) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        before = text[: position if isinstance(position, int) else 0]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise tree.rejected("syntax", "holds a character that YAML does not allow", "Remove it.", place) from None
    if tree.problems:
        raise Rejected(tree.problems[:LIMIT])
    return nodes


class _Mark(Protocol):
    line: int
    column: int


class _Tree:
    """Reads the events of one text."""

    def __init__(self, text: str, source: str) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._anchors: dict[str, Node] = {}
        self._count = 0
        if len(text.encode(errors="replace")) > MAX_BYTES:
            raise self.rejected("too_large", "is too large", "A file holds at most 5 MB.")
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_LOADER))

    def documents(self) -> list[Node]:
        """Read all documents."""
        nodes = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                nodes.append(self._node(next(self._events), 1))
        return [node for node in nodes if node.content is not None]

    def rejected(self, code: str, message: str, hint: str = "", place: Place | None = None) -> Rejected:
        """Build the error that ends the reading."""
        return Rejected([self._problem(code, "", (message, hint), place)])

    def _problem(self, code: str, path: str, words: tuple[str, str], place: Place | None) -> Problem:
        line, column = place or (None, None)
        message, hint = words
        return Problem(code=code, path=path, message=message, hint=hint, source=self._source, line=line, column=column)

    def _node(self, event: yaml.Event, level: int) -> Node:
        node = self._read(event, level)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor and not isinstance(event, yaml.AliasEvent):
            self._anchors[anchor] = node
        return node

    def _read(self, event: yaml.Event, level: int) -> Node:
        place = _place(event.start_mark)
        self._bound(1, level, place)
        match event:
            case yaml.AliasEvent():
                return self._aliased(event, level)
            case yaml.ScalarEvent():
                return Node(self._scalar(event), place)
            case yaml.SequenceStartEvent():
                self._refuse_tag(event)
                items = list(self._items(level + 1))
                return Node(items, place, size=_size(items), depth=_depth(items))
            case _:
                self._refuse_tag(event)
                return self._mapping(place, level)

    def _aliased(self, event: yaml.AliasEvent, level: int) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise self.rejected("syntax", f"there is no anchor '{event.anchor}'", "", _place(event.start_mark))
        self._bound(node.size - 1, level + node.depth - 1, _place(event.start_mark))
        return node

    def _items(self, level: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, level)

    def _mapping(self, place: Place, level: int) -> Node:
        content: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.rejected("syntax", "a key is a text", "Write a word as the key.", _place(event.start_mark))
            key = event.value
            if event.anchor:
                self._anchors[event.anchor] = Node(key, _place(event.start_mark))
            value = self._node(next(self._events), level + 1)
            if key in content:
                words = (f"the key '{key}' is there twice", f"It stood in line {keys[key][0]} already; keep one.")
                self.problems.append(self._problem("duplicate_key", key, words, _place(event.start_mark)))
            content[key], keys[key] = value, _place(event.start_mark)
        return Node(content, place, keys, _size(content.values()), _depth(content.values()))

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.tag not in {None, "!", TEXT_TAG}:
            self._refuse_tag(event)
        return resolved(event.value) if event.implicit[0] and not event.tag else event.value

    def _refuse_tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            raise self.rejected("syntax", f"the tag {tag} is not allowed", "Remove it.", _place(event.start_mark))

    def _bound(self, count: int, level: int, place: Place) -> None:
        self._count += count
        if self._count > MAX_NODES:
            raise self.rejected("too_large", "holds too many values", f"At most {MAX_NODES:,} are read.", place)
        if level > MAX_DEPTH:
            raise self.rejected("too_deep", "is nested too deeply", f"At most {MAX_DEPTH} levels are read.", place)


def resolved(text: str) -> Scalar:
    """Return what a plain scalar stands for, by the core schema of YAML 1.2."""
    if text in NAMED:
        return NAMED[text]
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[1:2] in {"o", "x"} else int(text)
    if FLOAT.fullmatch(text):
        return float(_NO_NUMBER.sub(r"\1", text))
    return text


def _size(nodes: Iterable[Node]) -> int:
    return 1 + sum(node.size for node in nodes)


def _depth(nodes: Iterable[Node]) -> int:
    return 1 + max((node.depth for node in nodes), default=0)


def _place(mark: "_Mark | None") -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _mend(words: str, text: str, place: Place) -> str:
    line, column = place
    if "".join(text.split("\n")[line - 1 : line])[column - 1 :].startswith("\t"):
        return "Indent with spaces, not tabs."
    if "mapping values are not allowed" in words:
        return "Put a text that holds a colon in quotes."
    return "Look at the indentation, and at quotes and brackets that are not closed."
