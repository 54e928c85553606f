"""`connected_content` in templates: what is asked, what becomes of the answer, and who is asked at all."""

import pytest
from msgspec.structs import replace

from ensue.content.check import check_content
from ensue.content.fetching import FETCH, Fetch, Found, Inquiry, Unasked
from ensue.content.liquid import Aborted, TemplateFault, render_text
from ensue.content.render import render
from ensue.core.records import Card
from ensue.errors import Unavailable
from tests.content.letters import MESSAGE, SETTINGS, STATE, TRACKER, campaign, context

URL = "https://api.example/x"


class Server:
    """Answers every inquiry alike, and remembers them."""

    def __init__(self, body: bytes = b'{"left": 3}', status: int = 200) -> None:
        self.asked: list[Inquiry] = []
        self._found = Found(status=status, body=body)

    def __call__(self, inquiry: Inquiry) -> Found:
        self.asked.append(inquiry)
        return self._found


def show(template: str, fetch: Fetch, *, escape: bool = False) -> str:
    return render_text(template, {**context().names, FETCH: fetch}, field="body", escape=escape)


def fault(template: str, fetch: Fetch | None = None) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        show(template, fetch or Server())
    return caught.value


# ---------------------------------------------------------------- what is asked


def asked(template: str, *, escape: bool = False) -> Inquiry:
    server = Server()
    show(template, server, escape=escape)
    (inquiry,) = server.asked
    return inquiry


def test_without_options_it_is_a_get() -> None:
    assert asked(f"{{% connected_content {URL} %}}") == Inquiry(
        method="GET", url=URL, headers={"Content-Type": "application/json", "Accept": "*/*"}
    )


@pytest.mark.parametrize("escape", [False, True])
def test_address_headers_and_body_are_templates_in_which_nothing_is_escaped(escape: bool) -> None:  # noqa: FBT001 - both ways
    inquiry = asked(
        """{% assign name = "New Year Sale" %}
        {% connected_content
             https://a.example/a?email={{${email_address} | url_param_escape}}&b={{custom_attribute.${Favorite Color}}}
             :method post
             :headers {
               "X-App-Id": "{{${user_id}}}",
               "x-evil": "{{${evil}}} '"
          }
             :body name={{name}}&price={{event_properties.${Item Price} | plus: {{one}}}}&channel=Ensue
             :basic_auth shop
             :cache_max_age 900
             :retry
             :save publication
        %}{{ publication.left }}""",
        escape=escape,
    )

    assert inquiry == Inquiry(
        method="POST",
        url="https://a.example/a?email=ana%40example.com&b=red",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "*/*",
            "X-App-Id": "ana",
            "x-evil": "<script>\"& '",
        },
        body="name=New Year Sale&price=12.5&channel=Ensue",
        credentials="shop",
        keep=900,
        insists=True,
    )


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (":body a=1&b=two+words", '{"a": "1", "b": "two words"}'),
        (':body {"foo":"bar","baz":"{{1|plus:1}}"}', '{"foo":"bar","baz":"2"}'),
        (":body {{given}}", '{"name": "Ana"}'),
        ("", ""),
    ],
)
def test_a_body_of_json_may_be_written_as_a_form(options: str, body: str) -> None:
    given = '{% capture given %}\n{"name": "{{${first_name}}}"}\n{% endcapture %}'
    inquiry = asked(f"{given}{{% connected_content {URL} :method POST {options} :content_type application/json %}}")

    assert (inquiry.body, inquiry.headers) == (body, {"Content-Type": "application/json", "Accept": "application/json"})


def test_headers_of_the_author_replace_ours() -> None:
    inquiry = asked(
        f'{{% connected_content {URL} :headers {{"content-type": "text/x", "Accept": "text/y"}} :no_cache %}}'
    )
    assert (inquiry.headers, inquiry.keep) == ({"content-type": "text/x", "Accept": "text/y"}, 0)


# ---------------------------------------------------------------- what becomes of the answer


@pytest.mark.parametrize(
    ("body", "status", "template", "expected"),
    [
        (b'{"left": 3}', 200, ":save r %}{{ r.left }} {{ r.__http_status_code__ }}{{ connected }}", "3 200"),
        (b'{"left": 3}', 200, "%}{{ connected.left }}", "3"),
        (b'{"why": "gone"}', 404, ":save r %}{{ r.why }} {{ r.__http_status_code__ }}", "gone 404"),
        (b'[{"id": 7}]', 200, ":save r %}{{ r[0].id }}", "7"),
        (b"an <b>offer</b>", 200, "%}!", "an <b>offer</b>!"),
        (b"an offer", 200, ":save r %}{{ r | upcase }}", "AN OFFER"),
        (b"<h1>Not Found</h1>", 404, "%}!", "!"),
        (b"<h1>Not Found</h1>", 404, ":save r %}{% if r.__http_status_code__ != 200 %}no{% endif %}", "no"),
        (b"", 0, ":save r %}{% if r == nil %}nothing{% endif %}", "nothing"),
        (b"\xff", 200, "%}", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_json_becomes_a_variable_and_a_text_takes_the_place(
    body: bytes, status: int, template: str, expected: str
) -> None:
    assert show(f"{{% connected_content {URL} {template}", Server(body, status)) == expected


def test_values_of_an_answer_are_escaped_in_html_but_a_text_is_taken_as_it_is() -> None:
    assert (
        show(f"{{% connected_content {URL} %}}{{{{ connected.a }}}}", Server(b'{"a": "<b>"}'), escape=True)
        == "&lt;b&gt;"
    )
    assert show(f"{{% connected_content {URL} %}}", Server(b"<b>"), escape=True) == "<b>"


def test_the_message_may_be_aborted_for_what_was_answered() -> None:
    template = f"{{% connected_content {URL} :save r %}}{{% if r.left < 5 %}}{{% abort_message('few') %}}{{% endif %}}"
    with pytest.raises(Aborted, match="few"):
        show(template, Server())


def test_a_variable_that_is_read_in_one_request_may_make_the_next() -> None:
    server = Server(b'[{"woeid": 12}]')
    show(f"{{% connected_content {URL} :save l %}}{{% connected_content {URL}/{{{{l[0].woeid}}}}/ :save w %}}", server)
    assert [inquiry.url for inquiry in server.asked] == [URL, f"{URL}/12/"]


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("rest", "column", "message"),
    [
        (f"{URL} :timeout 3 %}}", 45, "connected_content has no option ':timeout'"),
        (f"{URL} :save %}}", 49, "a value is missing"),
        (f"{URL} :save a-b %}}", 45, "'a-b' is no name of a variable"),
        (f"{URL} :method delete %}}", 45, "connected_content cannot 'delete': it knows get and post"),
        (f"{URL} :cache_max_age soon %}}", 45, "'soon' is no number of seconds"),
        (f"{URL} :headers [1] %}}", 53, "the headers are no JSON object"),
        (f'{URL} :headers {{"a": }} %}}', 59, "the headers are no JSON"),
        (f"{URL} and more %}}", 43, "this is no option of connected_content"),
        (f"{URL}?a={{{{ a | nope }}}} %}}", 53, "unknown filter 'nope'"),
        (f"{URL} :body {{{{ a | }}}} :save x %}}", 56, "expected"),
        ("%}", 4, "the tag has no address"),
    ],
)
def test_a_fault_in_the_tag_says_where_it_is(rest: str, column: int, message: str) -> None:
    found = fault(f"\n{{% connected_content {rest}")
    assert found.message.startswith(message)
    assert (found.field, found.line, found.column, found.hint != "") == ("body", 2, column, True)


def test_what_may_not_be_asked_is_a_fault_with_the_place_of_the_tag() -> None:
    def refuse(_: Inquiry) -> Found:
        raise Unasked("connected_content is off", "Name hosts.")

    found = fault(f"a\n  {{% connected_content {URL} %}}", refuse)
    assert (found.line, found.column, found.message, found.hint) == (2, 6, "connected_content is off", "Name hosts.")


def test_one_text_asks_at_most_ten_times() -> None:
    server = Server()
    assert (
        "limit of 10 requests"
        in fault(f"{{% for i in (1..20) %}}{{% connected_content {URL} %}}{{% endfor %}}", server).message
    )
    assert len(server.asked) == 10


def test_the_port_is_no_value_that_a_template_could_see() -> None:
    assert show("{{ ['connected content'] }}{{ connected_content }}", Server()) == ""


# ---------------------------------------------------------------- who asks

HOOK = replace(MESSAGE, channel="webhook")
BODY = f"{{% connected_content {URL} :save r %}}{{{{ r.left }}}}left"


def test_a_message_asks_by_the_port_that_it_is_rendered_with() -> None:
    server = Server()
    parcel = render(
        campaign(webhook={"url": URL, "body": BODY}), HOOK, STATE, tracker=TRACKER, settings=SETTINGS, fetch=server
    )
    assert getattr(parcel.content, "body", "") == "3left"
    assert len(server.asked) == 1


def test_without_a_port_nobody_is_asked_and_the_answer_is_nothing() -> None:
    parcel = render(campaign(webhook={"url": URL, "body": BODY}), HOOK, STATE, tracker=TRACKER, settings=SETTINGS)
    assert getattr(parcel.content, "body", "") == "left"


def test_a_server_that_must_be_asked_again_is_no_fault() -> None:
    def later(_: Inquiry) -> Found:
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        show(f"{{% connected_content {URL} :retry %}}", later)


def test_the_check_before_a_launch_tells_what_may_not_be_asked() -> None:  # L2
    def refuse(_: Inquiry) -> Found:
        raise Unasked("connected_content is off", "Name hosts.")

    one = campaign(webhook={"url": URL, "body": BODY})
    assert check_content(one) == []
    (problem,) = check_content(one, refuse)
    assert (problem.path, problem.message) == ("channels.webhook.body", "line 1, column 4: connected_content is off")


def test_cards_cannot_ask() -> None:
    (problem,) = check_content(Card(id="c", title=BODY))
    assert problem.message.endswith("connected_content cannot be used here")


def test_an_attribute_cannot_pass_for_the_port() -> None:
    with pytest.raises(TemplateFault, match="cannot be used here"):
        render_text(BODY, {FETCH: "an attribute"})
