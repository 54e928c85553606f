"""The filters that campaign tools add, as their documentation shows them, and times that are the same everywhere."""

from datetime import UTC, datetime

import pytest

from ensue.content import moments
from ensue.content.liquid import TemplateFault, render_text
from tests.content.letters import AT, context

NAMES = {**context().names, "hash": {"a": 42, "b": 0}}


def show(template: str) -> str:
    return render_text(template, NAMES)


def fault(template: str) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        show(template)
    return caught.value


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{'hey' | md5}}", "6057f13c496ecf7fd777ceb9e79ae285"),
        ("{{'hey' | sha1}}", "7f550a9f4c44173a37664d938f1355f0f92a47a7"),
        ("{{'hey' | sha2}}", "fa690b82061edfd2852629aeba8a8977b57e40fcb77d1a7a28b26cba62591204"),
        ("{{'blah' | base64_encode}}", "YmxhaA=="),
        ("{{'hey' | hmac_sha1_hex: 'secret_key'}}", "2a3969bed25bfeefb00aca4063eb9590b4df8f0e"),
        ("{{'hey' | hmac_sha1: 'secret_key'}}", "2a3969bed25bfeefb00aca4063eb9590b4df8f0e"),
        ("{{'hey' | hmac_sha1_base64: 'secret_key'}}", "KjlpvtJb/u+wCspAY+uVkLTfjw4="),
        (
            "{{'hey' | hmac_sha256_hex: 'secret_key'}}",
            "8df897f8da3d7992fe57c8dbc6f27578cfbf2dcc4d0fbb4000b8c924841d508e",
        ),
        ("{{'hey' | hmac_sha256_base64: 'secret_key'}}", "jfiX+No9eZL+V8jbxvJ1eM+/LcxND7tAALjJJIQdUI4="),
        ("{{'hey<>hi' | url_escape}}", "hey%3C%3Ehi"),
        ("{{'https://a.example/b c?d=e&f' | url_escape}}", "https://a.example/b%20c?d=e&f"),
        ("{{'hey<&>hi' | url_param_escape}}", "hey%3C%26%3Ehi"),
        ("{{ 'google search' | url_encode }}", "google+search"),
        ("{{ hash | property_accessor: 'a' }}{{ 'text' | property_accessor: 'a' }}", "42"),
        ("{{ 123456 | number_with_delimiter }} {{ -1234.5 | number_with_delimiter }}", "123,456 -1,234.5"),
        ("{{ 'a lot' | number_with_delimiter }}{{ nothing | number_with_delimiter }}", "a lot"),
        ("${{ 17.8 | money }} ${{ 145 | money }} ${{ 145 | divided_by: 100.00 | money }}", "$17.80 $145.00 $1.45"),
        ('{% assign my_int = "350000.25" | plus: 0 %}{{ my_int | money }}', "350,000.25"),
        ("{{ 0.125 | money }} {{ nothing | money }}", "0.13 0.00"),
        ("{{ 15 | divided_by: 2 }} {{ 15 | divided_by: 2.0 }}", "7 7.5"),
        ('{{"Big Sale" | upcase | remove: "BIG" }}', " SALE"),
        (
            """{% assign my_data = '[{"id":"1","store_name":"demo-store"}]' | json_parse %}{% for item in my_data %}
{{ item.id }} {{ item.store_name }} {% endfor %}{{ my_data | as_json_string }}""",
            '\n1 demo-store [{"id": "1", "store_name": "demo-store"}]',
        ),
        ("{{ nothing | as_json_string }} {{ 'é\"' | json }}", 'null "é\\""'),
    ],
)
def test_filters_of_campaign_tools_give_what_their_documentation_shows(template: str, expected: str) -> None:
    assert show(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ '2021-06-03 17:13:41 UTC' | date: '%b %d' }}", "Jun 03"),
        ("{{ '2015-06-03 17:13:41 UTC' | date: '%s' }}", "1433351621"),
        (
            "{{ '2021-08-04 9:00:00 UTC' | time_zone: 'America/Los_Angeles' | date: '%a %b %e %T' }}",
            "Wed Aug  4 02:00:00",
        ),
        ("{{ '2021-08-04 9:00:00 UTC' | time_zone: 'America/Los_Angeles' }}", "2021-08-04 02:00:00 -0700"),
        ("{{ 'now' | time_zone: {{${time_zone}}} }}", "2026-03-02 09:30:00 +0000"),
        ("{{ 'now' | date: '%Y-%m-%d %H:%M:%S' }} {{ 'today' | date: '%F' }}", "2026-03-02 09:30:00 2026-03-02"),
        ("{{ '12:15' | date: '%F %T' }} {{ 'May' | date: '%F' }}", "2026-03-02 12:15:00 2026-05-02"),
        ("{{ '2021-06-03 10:00 PDT' | date: '%H:%M %Z %z' }}", "10:00 PDT -0700"),
        (
            "{{ '2021-06-03T10:00:00.123456+02:00' | date: '%H:%M:%S.%L %3N %N %z' }}",
            "10:00:00.123 123 123456000 +0200",
        ),
        (
            "{{ '2021-06-03 15:04' | date: '%-d/%-m %e|%_m %l:%M%P %I%p %k %^a %#b %%' }}",
            "3/6  3| 6  3:04pm 03PM 15 THU jUN %",
        ),
        ("{{ '2021-06-03' | date: '%Q %999999d %v%t%n' }}", "%Q %999999d  3-JUN-2021\t\n"),
        ("{{ 'no time' | date: '%F' }}{{ nothing | date: '%F' }}{{ true | date: '%F' }}", "no timetrue"),
        ("{{ '2021-06-03' | date: nothing }} {{ '2021-06-03' | date: '' }}", "2021-06-03 2021-06-03"),
        ("{{ 99999999999999999999 | date: '%Y' }}", "99999999999999999999"),
    ],
)
def test_times_are_read_and_written_the_same_on_every_machine(template: str, expected: str) -> None:
    assert show(template) == expected


def test_a_template_cannot_change_what_now_is() -> None:
    assert show("{% assign now = 5 %}{{ 'now' | date: '%F' }}") == "2026-03-02"
    assert render_text("{{ now }}{{ today }}{{ 'now' | date: '%F' }}", {}) == "now"


def test_a_time_without_a_zone_is_utc() -> None:
    assert moments.read(datetime(2026, 1, 1), AT) == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001 - on purpose
    assert moments.read(AT.date(), AT) == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ 'now' | time_zone: 'Mars/Base' }}", "there is no time zone 'Mars/Base'"),
        ("{{ 'now' | time_zone: '../../etc/passwd' }}", "there is no time zone '../../etc/passwd'"),
        ("{{ '{' | json_parse }}", "this is no JSON"),
        ("{{ 'a' | upcase: 1, 2 }}", "upcase takes no values after it, not 2"),
        ("{{ 'a' | replace }}", "replace takes 1 to 2 values after it, not 0"),
        ("{{ 'a' | hmac_sha1 }}", "hmac_sha1 takes 1 value after it, not 0"),
        ("{{ 'a' | date }}", "date takes 1 value after it, not 0"),
        ("{{ 1 | round: '9', 2 }}", "round takes at most 1 value after it, not 2"),
        ("{{ (1..3) | map: 'a' }}", "map cannot take this: 'int' has no properties"),
    ],
)
def test_a_filter_says_what_it_cannot_do(template: str, message: str) -> None:
    found = fault(template)
    assert found.message.startswith(message)
    assert (found.line, found.hint != "") == (1, True)
