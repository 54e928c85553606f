"""Liquid as users of campaign tools know it, and its limits."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.content import limits
from ensue.content.dialect import to_liquid
from ensue.content.liquid import Aborted, TemplateFault, render_text
from ensue.content.secrets import Secrets
from tests.content.letters import context

NAMES = context().names


def show(template: str, *, escape: bool = False) -> str:
    return render_text(template, NAMES, field="body", escape=escape)


def fault(template: str) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        show(template)
    return caught.value


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ ${first_name} }}", "Ana"),
        ("{{${first_name}}}", "Ana"),
        ("{{-${first_name}-}}", "Ana"),
        ("{{ first_name }}", "Ana"),
        ("{{ ${ first_name } | upcase }}", "ANA"),
        ("{{ ${nobody} | default: 'friend' }}", "friend"),
        ("{{ ${nobody} | default: ${first_name} }}", "Ana"),
        ("{{ ${nobody} }}{{ nobody.at.all }}", ""),
        (
            "{{${email_address}}} {{${email}}} {{${user_id}}} {{${external_id}}}",
            "ana@example.com ana@example.com ana ana",
        ),
        ("{{custom_attribute.${plan}}} {{custom_attribute.plan}}", "pro pro"),
        ("{{custom_attribute.${Favorite Color}}}", "red"),
        ("{{event_properties.${original.name}}} {{event_properties.original.name}}", "Newsletter Newsletter"),
        ("{{event_properties.${Item Price}}} {{api_trigger_properties.${Item Price}}}", "12.5 12.5"),
        ("{{event_properties.${tags}[1]}}", "b"),
        ("{{campaign.${name}}} {{campaign.${api_id}}} {{campaign.${message_name}}}", "Hello there hello A"),
        ("{{subscription_state.${email}}}", "subscribed"),
        ("{{subscribed_state.${email_global}}}", "subscribed"),
        ("{{most_recently_used_device.${platform}}} {{most_recently_used_device.${id}}}", "web "),
        ("{{ ${last_used_app_date} | default: 'never' }}", "never"),
        ("{{event_properties.${tags} | join: ${country}}}", "aSEb"),
        ("You have ${{custom_attribute.${plan} | append: {{country}}}} to spend!", "You have $proSE to spend!"),
        ("{{custom_attribute.${plan} | append: {{custom_attribute.${Favorite Color}}}}}", "prored"),
        ("{{ ${first_name} | append: {{- ${country} -}} }}|{{ ${country} }}", "AnaSE|SE"),
        ("{{ 'now' | date: '%Y-%m-%d %H:%M' }} {{ now | date: '%d' }}", "2026-03-02 09:30 02"),
        ("{{ 0 | date: '%H:%M' }}", "00:00"),
    ],
)
def test_names_are_found_with_and_without_the_dollar(template: str, expected: str) -> None:  # T8
    assert show(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% if ${country} == 'SE' %}hej{% else %}hi{% endif %}", "hej"),
        ("{% if {{${country}}} == 'SE' %}hej{% endif %}", "hej"),
        ("{%if custom_attribute.${plan}=='pro'%}yes{%endif%}", "yes"),
        ("{% assign who = ${first_name} %}{{ who }}", "Ana"),
        ("{% assign who = {{${first_name}}} | upcase %}{{ who }}", "ANA"),
        ("{% assign sum = {{event_properties.${Item Price} | plus: 50}} %}{{ sum }}", "62.5"),
        ("{% assign both = country | append: {{custom_attribute.${plan}}} %}{{ both }}", "SEpro"),
        ("{% for tag in event_properties.${tags} limit: 1 %}{{ tag }}{% endfor %}", "a"),
        (
            "{% for t in {{event_properties.${tags}}} limit:5 %}{% if {{t}} contains 'b' %}y{% endif %}{% endfor %}",
            "y",
        ),
        ("{% if {{custom_attribute.${spend}}} >0 %}a{% elsif{{custom_attribute.${plan}}} == 'pro' %}b{% endif %}", "b"),
        ("{% case {{${country}}} %}{% when 'SE' %}hej{% endcase %}", "hej"),
        ("{% unless ${country} == 'DE' %}hej{% endunless %}", "hej"),
        ("{% if ${nobody} == blank and ${first_name} != blank and ${nobody} == nil %}yes{% endif %}", "yes"),
        ("{% if blank == ${nobody} and custom_attribute.${blanks} == blank %}yes{% endif %}", "yes"),
        ("{% if ${nobody} != blank or ${first_name} == blank %}no{% endif %}", ""),
        ("{% liquid\n  # it's a comment\n  echo ${first_name}\n%}", "Ana"),
        ("{% liquid\n  # don't\n  echo ${first_name}\n  # can't\n%}", "Ana"),
        ("{% # it's ${not a name} %}{{${first_name}}}{% # that's all %}", "Ana"),
    ],
)
def test_names_work_within_tags(template: str, expected: str) -> None:
    assert show(template) == expected


@pytest.mark.parametrize(
    "template",
    [
        "a price of ${5} and {x}",
        "{{ '${first_name}' }}",
        '{{ "${first_name}" }}',
        "{% raw %}{{ ${first_name} }}{% endraw %}",
    ],
)
def test_outside_of_liquid_and_within_texts_a_dollar_is_a_dollar(template: str) -> None:
    plain = template.replace("{{ '", "").replace("' }}", "").replace('{{ "', "").replace('" }}', "")
    assert show(template) == plain.replace("{% raw %}", "").replace("{% endraw %}", "")


FRAGMENTS = ["{{", "}}", "{%", "%}", "${", "}", "'", '"', "a", " ", ".", "$", "\n", "raw", "it's", "-", "{% raw %}"]


@given(st.lists(st.integers(0, len(FRAGMENTS) - 1), max_size=30))
def test_the_rewritten_template_is_as_long_as_the_original_and_no_text_breaks_it(numbers: list[int]) -> None:
    template = "".join(FRAGMENTS[number] for number in numbers)

    with contextlib.suppress(TemplateFault):
        assert len(to_liquid(template)) == len(template)
        show(template)


# ---------------------------------------------------------------- escaping


def test_values_in_html_are_escaped_unless_the_author_says_raw() -> None:
    template = "{{ ${evil} }}|{{ ${evil} | raw }}|{{ ${evil} | safe }}|{{ 'a<' | append: ${evil} }}|<b>"

    assert show(template, escape=True) == (
        '&lt;script&gt;&#34;&amp;|<script>"&|<script>"&|a<&lt;script&gt;&#34;&amp;|<b>'
    )


def test_values_in_plain_text_are_left_as_they_are() -> None:
    assert show("{{ ${evil} }} {{ ${evil} | escape }}") == '<script>"& &lt;script&gt;&quot;&amp;'


def test_json_filters_make_values_fit_for_json() -> None:
    assert show("{{ event_properties.${tags} | json }}") == '["a", "b"]'
    assert show('"{{ ${evil} | json_escape }}"') == '"<script>\\"&"'


# ---------------------------------------------------------------- abort


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% abort_message %}", ""),
        ("{% abort_message() %}", ""),
        ("{% abort_message () %}", ""),
        ("{% abort_message('no stock .. left (yet)') %}", "no stock .. left (yet)"),
        ('{% abort_message("it\'s over") %}', "it's over"),
        ("{% abort_message(${country}) %}", "SE"),
        ("before{% if ${plan} == 'pro' %} {% abort_message('pro') %} {% endif %}after", "pro"),
    ],
)
def test_abort_message_stops_the_message_with_its_reason(template: str, reason: str) -> None:  # S11
    with pytest.raises(Aborted) as caught:
        show(template)

    assert str(caught.value) == reason


def test_an_abort_in_a_branch_that_is_not_taken_does_nothing() -> None:
    assert show("{% if ${plan} == 'free' %}{% abort_message('x') %}{% endif %}fine") == "fine"


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("template", "line", "column", "message"),
    [
        ("a\n  {{ first_name | nope }}", 2, 19, "unknown filter 'nope'"),
        ("{% if false %}\n{{ a | nope }}{% endif %}", 2, 8, "unknown filter 'nope'"),
        ("one\n\n {{ first_name", 3, 2, "expected '}}', found end of file"),
        ("one\n{% if first_name %}\ntwo", 3, 4, "expected tag endif, found the end"),
        ("{% unlss first_name %}", 1, 4, "unexpected tag 'unlss'"),
        ("ab {{ ${first name} }}", 1, 7, "unexpected '$'"),
        ("x {{ 1 | divided_by: 0 }}", 1, 10, "divided_by: can't divide by 0"),
        ("{{${first_name | default: 'there'}}, hi", 1, 3, "unexpected '$'"),
        ("a\n{{ '{{${first_name}}}' }}", 2, 4, 'unexpected "\'"'),
        ("{{ a {{ b }} c\n{{ d }}", 1, 6, "unexpected '{'"),
        ("{{ \N{LEFT SINGLE QUOTATION MARK}a }}", 1, 4, "unexpected '\N{LEFT SINGLE QUOTATION MARK}'"),
        ("{% if country | size > 1 %}{% endif %}", 1, 15, "expected the end, found '|'"),
        ("{% if country > 1 %}{% endif %}", 1, 15, "'<' and '>' are not supported between 'int' and 'str'"),
        ("{% raw %}\n{{ a }}", 1, 1, "the raw block does not end"),
        ("a {% %}", 1, 3, "the tag has no name"),
        ("a {{ b | }}\nc", 1, 9, "expected a name, found the end"),
        ("a {% if b == %}\nc{% endif %}", 1, 16, "expected a value, found the end"),
        ("a\n {{content_blocks.${terms}}}", 2, 4, "there are no content blocks"),
        ("{% case country %}\n", 2, 1, "a block is not ended"),
        ("{% for i in (1..2) %}{% endfor %}{% break %}", 1, 37, "'break' stands outside of a loop"),
        ("{{ " + "[" * 2000 + " }}", 1, 1, "the template is nested too deeply"),
    ],
)
def test_a_fault_says_line_column_and_cause(template: str, line: int, column: int, message: str) -> None:  # S11
    found = fault(template)

    assert (found.field, found.line, found.column, found.message) == ("body", line, column, message)
    assert str(found).startswith(f"body: line {line}, column {column}: {message}")
    assert found.hint


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("{{ country | upcas }}", "Is 'upcase' meant?"),
        ("{{ country | qqqqqq }}", "There is none of this name"),
        ("{% unlss country %}", "Is 'unless' meant?"),
        ("{% if country %}{% endfor %}{% endif %}", "Nothing is open that it could end"),
        ("{{ 'a }}", "A text in quotes ends with the same quote"),
        ("{% if country > 1 %}{% endif %}", "`| plus: 0` makes a number of a text"),
        ("{% catalog_items menu 1 %}", "bring the data with the event"),
        ("{% promotion('spring') %}", "bring the code with the event"),
        ("{{ country", "Close it with }}."),
    ],
)
def test_a_fault_says_what_to_do(template: str, hint: str) -> None:  # S11
    assert hint in fault(template).hint


@pytest.mark.parametrize("tag", ["{% include 'a' %}", "{% render 'a' %}", "{% include '/etc/passwd' %}"])
def test_a_template_cannot_read_files(tag: str) -> None:
    assert "cannot" in fault(tag).hint


LONG_LIST = "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 16 + "{% assign l = x | split: ',' %}"
"""Makes a list `l` of one text of 655,360 letters."""


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in (1..10001) %}{% endfor %}",
        "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
        "{% tablerow i in (1..20000) %}{% endtablerow %}",
        "{% for i in (1..9999) %}" + "x" * 300 + "{% endfor %}",
        "{{ (1..1000000000) | join: 'x' }}",
        "{{ (1..1000000000) | size }}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..100) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..100) %}{% assign x = x | replace: 'a', x %}{% endfor %}",
        "{% assign x = 9 %}{% for i in (1..10000) %}{% assign x = x | times: x %}{% endfor %}",
        "{% if a %}" * 40 + "{% endif %}" * 40,
        "{% for i in (1..5001) %}{% endfor %}" * 2,
        "{% for i in (1..1000000000000) reversed %}{% endfor %}",
        "{{ 'x' | split: '' | concat: list }}" * 200_000,
    ],
)
def test_a_template_cannot_run_for_ever_or_fill_the_memory(template: str) -> None:
    assert "limit" in fault(template).message


def test_a_list_of_one_long_text_many_times_cannot_fill_the_memory() -> None:
    template = LONG_LIST + "{% for i in (1..13) %}{% assign l = l | concat: l %}{% endfor %}"
    assert "the result is beyond the limit" in fault(template).message


def test_a_value_that_cannot_be_had_is_a_fault_with_its_place() -> None:
    with pytest.raises(TemplateFault, match=r"body: line 2, column 2: the secret 'token' is not set"):
        render_text("a\n {{ secret.token }}", {"secret": Secrets({})}, field="body")


def test_a_template_that_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.1)
    work = "{% assign x = '<b>' | append: '" + "a" * 9000 + "' | strip_html | upcase | escape | split: 'B' | size %}"
    assert "the limit of 0.1 seconds" in fault(f"{{% for i in (1..9999) %}}{work}{{% endfor %}}").message


def test_a_single_filter_cannot_fill_the_memory() -> None:
    text = "a" * 1000
    assert "the result is beyond the limit" in fault(f"{{{{ '{text}' | replace: 'a', '{text * 3}' }}}}").message
    assert "the result is beyond the limit" in fault(f"{{{{ '{text}' | split: '' | join: '{text * 3}' }}}}").message


def test_times_are_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert show("{{ 0 | date: '%H:%M' }} {{ '86400' | date: '%d' }}") == "00:00 02"
        assert show("{{ '2021-06-03 10:00' | date: '%H:%M %s' }}") == "10:00 1622714400"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_line_breaks_stay_as_they_are() -> None:
    assert show("a\r\nb\rc{% capture x %}\r\n{{${first_name}}}{% endcapture %}{{ x }}\n") == "a\r\nb\rc\r\nAna\n"


def test_what_is_captured_counts_too() -> None:
    template = "{% capture x %}{% for i in (1..9999) %}" + "x" * 300 + "{% endfor %}{% endcapture %}"
    assert "limit" in fault(template).message


def test_ordinary_loops_are_within_the_limits() -> None:
    assert show("{% for i in (1..500) %}{{ i }},{% endfor %}").endswith("499,500,")


def test_a_filter_given_nonsense_is_a_fault_and_no_crash() -> None:
    for template in ("{{ 'nan' | plus: 1 | round }}", "{{ 'x' | slice }}", "{{ 'x' | truncate: 'y' }}"):
        assert fault(template).field == "body"
