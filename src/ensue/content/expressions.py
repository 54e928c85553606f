"""What differs from the library's Liquid inside of expressions, and what is looked for there.

One rule: a parsed template is mended once, right after it was parsed, so that rendering costs nothing more.
"""

from collections.abc import Iterable, Iterator

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.logical import EqExpression, NeExpression
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Blank, RangeLiteral
from liquid.expression import Expression
from liquid.token import Token
from liquid.undefined import is_undefined

from ensue.content.limits import BoundedRange


def mended(tree: BoundTemplate) -> BoundTemplate:
    """Return the template with `== blank` as Ruby's Liquid has it, and with ranges that have an end."""
    for expression in _expressions(tree):
        # The library makes these itself, deep in its parser; there is no other door to them.
        if isinstance(expression, RangeLiteral):
            expression.__class__ = BoundedRange
        elif isinstance(expression, EqExpression) and _has_blank(expression):
            expression.__class__ = _IsBlank
        elif isinstance(expression, NeExpression) and _has_blank(expression):
            expression.__class__ = _IsNotBlank
    return tree


def unknown_filters(tree: BoundTemplate) -> Iterator[tuple[str, Token]]:
    """Yield the name and place of each filter that does not exist."""
    for expression in _expressions(tree):
        if isinstance(expression, FilteredExpression):
            for one in expression.filters or ():
                if one.name not in tree.env.filters:
                    yield one.name, one.token


def places_of(tree: BoundTemplate, name: str) -> Iterator[Token]:
    """Yield where a name is used, alone or before a dot."""
    for expression in _expressions(tree):
        if isinstance(expression, Path) and expression.path[0] == name:
            yield expression.token


def _expressions(tree: BoundTemplate) -> Iterator[Expression]:
    """Yield every expression of a template, in no order."""
    context = RenderContext(tree)
    nodes: list[Node] = list(tree.nodes)
    while nodes:
        node = nodes.pop()
        nodes += node.children(context, include_partials=False)
        found = list(node.expressions())
        while found:
            expression = found.pop()
            yield expression
            found += expression.children()


def _has_blank(expression: EqExpression | NeExpression) -> bool:
    return isinstance(expression.left, Blank) or isinstance(expression.right, Blank)


def _is_blank(values: Iterable[object]) -> bool:
    """Tell whether all are blank: nothing, false, an empty list or object, a text of blanks."""
    return all(
        isinstance(value, Blank)
        or value is None
        or value is False
        or is_undefined(value)
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, (list, dict)) and not value)
        for value in values
    )


class _IsBlank(EqExpression):
    """`x == blank`, which is true of what is not known."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return _is_blank((self.left.evaluate(context), self.right.evaluate(context)))


class _IsNotBlank(NeExpression):
    """`x != blank`."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not _is_blank((self.left.evaluate(context), self.right.evaluate(context)))
