"""Whatever stands in a template: it gives a text, a fault with its place, or an abort, and always within limits."""

import time

from hypothesis import example, given
from hypothesis import strategies as st

from ensue.content import limits
from ensue.content.fetching import FETCH, Found
from ensue.content.liquid import Aborted, TemplateFault, parsed, render_text
from tests.content.letters import context

SLACK = 2.0
"""Seconds of the processor that one step may take on a slow machine before the clock is looked at."""
FILTERS = sorted(parsed("{{ a }}", escape=False).env.filters)
TAGS = sorted(name for name in parsed("{{ a }}", escape=False).env.tags if name.isidentifier())
ENDS = ["endif", "endfor", "endcase", "endunless", "endcapture", "endtablerow", "endraw", "else", "elsif x", "when 1"]
VALUES = [
    *("x", "nothing", "blank", "empty", "nil", "true", "0", "-1", "1.5", "99999999999999999999", "1e999", "'nan'"),
    *("'a,b'", '"it\'s"', "''", "(1..5)", "(1..99999999999)", "(x..3)", "now", "list", "object", "object.a[0]"),
    *("${first_name}", "event_properties.${tags}", "custom_attribute.${Favorite Color}", "{{${evil}}}", "[[x]]"),
    *("'%Y %s %9N %-d'", "'\\ud800'", "'[[[[1]]]]'", "'2026-02-30'", "'Europe/Nowhere'", "'<script>'", "x.first.last"),
]
PIECES = [
    *("{{", "}}", "{%", "%}", "{%-", "-%}", "${", "}", "'", '"', "|", ":", ",", ".", "..", "(", "[", "]", "$", "\n"),
    *(" ", "=", "==", "!=", "<", ">=", "contains", "and", "or", "in", "limit:2", "reversed", "offset: continue"),
    *("raw", "#", "text", "\N{ZERO WIDTH SPACE}", "é", "<b>", "connected_content https://a.example/", ":save x"),
    *(':headers {"a": "{{x}}"}', ":body", ":retry", "{% liquid\n", "assign x = ", "capture x", "for i in (1..9)"),
    *(f"{{{{ {value} }}}}" for value in VALUES),
    *(f"{{% {tag} x %}}" for tag in [*TAGS, *ENDS]),
    *VALUES,
]
NAMES = {
    **context().names,
    "x": "text",
    "list": [1, "a", None, {"a": 2}, [3, [4]], True, 1.5],
    "object": {"a": [1, 2], "b": {"c": "d"}},
    FETCH: lambda inquiry: Found(status=200, body=inquiry.url.encode()),
}


def outcome(template: str, *, escape: bool) -> str | TemplateFault | Aborted:
    try:
        return render_text(template, NAMES, field="body", escape=escape)
    except (TemplateFault, Aborted) as ending:
        return ending


def check(template: str, *, escape: bool) -> None:
    began = time.thread_time()
    match outcome(template, escape=escape):
        case str(text):
            assert len(text.encode("utf-8", "replace")) <= max(limits.OUTPUT, len(template) * 4)
        case Aborted():
            assert "abort_message" in template
        case TemplateFault() as fault:
            assert (fault.field, bool(fault.message), bool(fault.hint)) == ("body", True, True)
            lines = template.split("\n")
            assert fault.line in range(1, len(lines) + 1)
            assert fault.column in range(1, len(lines[(fault.line or 0) - 1]) + 2)
    assert time.thread_time() - began < limits.SECONDS + SLACK


@given(st.lists(st.integers(0, len(PIECES) - 1), max_size=25), st.booleans())
def test_any_pieces_of_liquid_in_any_order(numbers: list[int], escape: bool) -> None:  # noqa: FBT001 - drawn
    check("".join(PIECES[number] for number in numbers), escape=escape)


@given(
    st.integers(0, len(VALUES) - 1),
    st.lists(
        st.tuples(
            st.integers(0, len(FILTERS) - 1),
            st.integers(0, len(VALUES)),
            st.integers(0, len(VALUES)),
        ),
        max_size=4,
    ),
)
def test_any_filters_of_any_values(value: int, chain: list[tuple[int, int, int]]) -> None:
    text = VALUES[value]
    for name, first, second in chain:
        arguments = [VALUES[number] for number in (first, second) if number < len(VALUES)]
        text += f" | {FILTERS[name]}" + (f": {', '.join(arguments)}" if arguments else "")
    check(f"a\n{{{{ {text} }}}}", escape=False)
    check(
        f"{{% assign y = {text} %}}{{% for i in y %}}{{{{ i }}}}{{% endfor %}}{{% if y > 1 %}}{{% endif %}}",
        escape=True,
    )


@given(st.text(max_size=60))
@example("{{ " + "[" * 3000 + " }}")
@example("{% if " + "a and " * 3000 + "a %}{% endif %}")
@example("{{ a" + " | upcase" * 3000 + " }}")
@example("{% raw %}" * 3000)
@example("{{ '" * 3000)
@example("{% liquid " * 3000)
@example("{% for i in (1..99999999999) reversed %}{% endfor %}")
@example("{% assign x = (1..9999) | join: 'aaaaaaaaa' %}" + "{% assign l = x | split: '' %}" * 30)
@example(
    "{% for i in (1..100) %}{% for j in (1..90) %}{{ x | append: x | strip_html | escape }}{% endfor %}{% endfor %}"
)
def test_any_text(template: str) -> None:
    check(template, escape=False)
