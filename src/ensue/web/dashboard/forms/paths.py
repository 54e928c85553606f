"""Places in plain data, written as problems write them: `delivery.triggers[0].custom_event.name`.

One rule: what is put at a place that cannot be (a gap in a list, a text with parts) is left out, and nothing is raised.
Not here: which places a definition has (`places`).
"""

import re

from ensue.codec.findings import Path, written

_PART = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,4})\]")
MARK = ":"
"""How a key begins that only forms know: which of several ways is chosen, and whether a part is there at all."""


def parse(text: str) -> Path:
    """Return the path of a text as `written` writes it."""
    return tuple(name or int(index) for name, index in _PART.findall(text))


def find(tree: object, path: Path) -> object:
    """Return what stands at a path, or `None`."""
    for part in path:
        if isinstance(tree, dict) and isinstance(part, str):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def put(tree: object, path: Path, value: object) -> None:
    """Put a value at a path; mappings and lists on the way are made, a list grows by one at most."""
    for part, after in zip(path, (*path[1:], None), strict=True):
        inner: object = value if after is None else [] if isinstance(after, int) else {}
        if isinstance(tree, dict) and isinstance(part, str):
            if after is None or not isinstance(tree.get(part), type(inner)):
                tree[part] = inner
            tree = tree[part]
        elif isinstance(tree, list) and isinstance(part, int) and part <= len(tree):
            if part == len(tree):
                tree.append(inner)
            elif after is None:
                tree[part] = inner
            tree = tree[part]
        else:
            return


def drop(tree: object, path: Path) -> None:
    """Take away what stands at a path, if anything does."""
    holder = find(tree, path[:-1])
    part = path[-1]
    if isinstance(holder, dict):
        holder.pop(part, None)
    elif isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        del holder[part]


def unmarked(tree: object) -> object:
    """Return plain data without the keys that only forms know."""
    if isinstance(tree, dict):
        return {key: unmarked(value) for key, value in tree.items() if not str(key).startswith(MARK)}
    if isinstance(tree, list):
        return [unmarked(value) for value in tree]
    return tree


__all__ = ["MARK", "Path", "drop", "find", "parse", "put", "unmarked", "written"]
