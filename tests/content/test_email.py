"""E-mails, read back as a mail reader reads them."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec
import pytest

from ensue.content import mime
from ensue.content.email import EmailSettings
from ensue.content.links import ClickMark, OpenMark, UnsubscribeMark
from ensue.content.liquid import Aborted, TemplateFault
from ensue.core.events import Json
from tests.content.letters import AT, MARK, SETTINGS, TRACKER, body, parsed, rendered

HTML = """<html><head><style>p {color: red}</style></head><body>
<p>Hi {{ ${first_name} | default: 'friend' }},
<a href="https://shop.example/cart?a=1&b=2" data-alias="cart">go on</a></p>
<p><a href="{{${unsubscribe_url}}}">Unsubscribe</a></p></body></html>"""


def tokens(text: str, kind: str) -> list[str]:
    return re.findall(rf"https://news\.example\.com/{kind}/([\w.-]+)", text)


def fault(attributes: Mapping[str, Json] | None = None, **fields: object) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        rendered(fields, attributes=attributes)
    return caught.value


# ---------------------------------------------------------------- the whole


def test_a_message_has_html_a_text_and_signed_links() -> None:
    email = rendered(html=HTML, subject="Hej {{${first_name}}} å")
    message = parsed(email)
    html, text = body(message), body(message, "plain")

    assert (email.sender, email.recipient) == ("news@example.com", "ana@example.com")
    assert message["Subject"] == "Hej Ana å"
    assert message.get_content_type() == "multipart/alternative"
    assert 'style="color: red;"' in html
    assert "Hi Ana, go on <https://news.example.com/c/" in text
    click = ClickMark(MARK, "https://shop.example/cart?a=1&b=2", "cart")
    assert [TRACKER.read(token) for token in tokens(html, "c") + tokens(text, "c")] == [click, click]
    assert [TRACKER.read(token) for token in tokens(html, "o")] == [OpenMark(MARK)]
    assert [TRACKER.read(token) for token in tokens(html, "u") + tokens(text, "u")] == [UnsubscribeMark(MARK)] * 2
    assert "shop.example" not in html


def test_the_same_message_is_the_same_bytes_at_every_attempt() -> None:  # O5
    assert rendered(html=HTML) == rendered(html=HTML)
    assert parsed(rendered())["Message-ID"] == "<e1.email@example.com>"
    assert parsedate_to_datetime(parsed(rendered())["Date"]) == AT


def test_message_ids_of_odd_ids_are_valid_and_different() -> None:
    ids = ["a b", "a/b", "a=20b", "a@b", "å", "a.b", "a:b"]
    written = [mime.message_id(one, "example.com") for one in ids]

    assert len(set(written)) == len(ids)
    assert all(re.fullmatch(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@example\.com>", one) for one in written)


def test_one_click_unsubscription_is_offered_in_one_unbroken_address() -> None:
    email = rendered()
    message = parsed(email)
    (token,) = tokens(message["List-Unsubscribe"], "u")

    assert message["List-Unsubscribe"] == f"<https://news.example.com/u/{token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert TRACKER.read(token) == UnsubscribeMark(MARK)
    assert f"List-Unsubscribe: <https://news.example.com/u/{token}>\r\n".encode() in email.content


def test_settings_fill_in_what_the_campaign_leaves_open() -> None:
    settings = EmailSettings(
        sender="Ensüe News <news@example.com>",
        reply_to="Help <help@example.com>",
        domain="mail.example.com",
        list_id="news.example.com",
        unsubscribe_address="leave@example.com",
    )
    message = parsed(rendered(settings=settings))

    assert message["From"] == "Ensüe News <news@example.com>"
    assert message["Reply-To"] == "Help <help@example.com>"
    assert message["Message-ID"] == "<e1.email@mail.example.com>"
    assert message["List-Id"] == "<news.example.com>"
    assert message["List-Unsubscribe"].endswith(">, <mailto:leave@example.com?subject=unsubscribe>")


def test_the_campaign_may_set_sender_reply_address_and_headers() -> None:
    email = rendered(
        {"from": "{{ ${plan} }} Shop <shop@example.org>"},
        reply_to="shop@example.org",
        headers={"X-Plan": "{{custom_attribute.${plan}}}", "X-Name": "Åsa"},
    )
    message = parsed(email)

    assert email.sender == "shop@example.org"
    assert message["From"] == '"pro Shop" <shop@example.org>' or message["From"] == "pro Shop <shop@example.org>"
    assert message["Reply-To"] == "shop@example.org"
    assert (message["X-Plan"], message["X-Name"]) == ("pro", "Åsa")
    assert message["Message-ID"] == "<e1.email@example.org>"


# ---------------------------------------------------------------- bodies


def test_an_authors_own_text_is_taken_and_its_links_are_tracked() -> None:
    text = body(parsed(rendered(text="Hi {{${first_name}}}: https://a.example/x. Or {{ unsubscribe_url }}")), "plain")

    assert text.startswith("Hi Ana: https://news.example.com/c/")
    assert TRACKER.read(tokens(text, "c")[0].rstrip(".")) == ClickMark(MARK, "https://a.example/x")
    assert len(tokens(text, "u")) == 1


def test_an_email_of_text_alone_is_plain_text_without_a_pixel() -> None:
    message = parsed(rendered(html=None, text="Hej å\r\nrad\rtvå\n.\nFrom me"))

    assert message.get_content_type() == "text/plain"
    assert body(message, "plain") == "Hej å\nrad\ntvå\n.\nFrom me\n"


def test_mjml_is_rendered_after_liquid() -> None:
    source = (
        "<mjml><mj-body>{% for tag in event_properties.${tags} %}<mj-section><mj-column><mj-text>"
        "{{ tag }} {{ ${evil} }}</mj-text></mj-column></mj-section>{% endfor %}</mj-body></mjml>"
    )
    html = body(parsed(rendered(html=None, mjml=source)))

    assert ">a &lt;script&gt;" in html
    assert ">b &lt;script&gt;" in html
    assert "<script" not in html
    assert len(tokens(html, "o")) == 1


def test_the_preheader_stands_before_the_body_and_not_in_the_text() -> None:
    message = parsed(rendered(preheader="Only {{${first_name}}}\n & <you>"))

    assert ">Only Ana &amp; &lt;you&gt;</div><p>Hello</p>" in body(message)
    assert "Only" not in body(message, "plain")


def test_what_a_user_wrote_is_text_in_html_and_subject() -> None:
    html = body(parsed(rendered(html='<p title="{{${evil}}}">{{${evil}}}</p>')))

    assert "<script" not in html.replace('title="<script>', "")  # within quotes a browser engine leaves "<" as it is
    assert ">&lt;script&gt;" in html


def test_long_lines_and_many_letters_survive_the_way() -> None:
    html = "<p>" + "ääää " * 3000 + "=20 .\n.\n" + "x" * 5000 + "</p>"

    assert "x" * 5000 in body(parsed(rendered(html=html)))
    assert body(parsed(rendered(html=html))).count("ä") == 12_000


# ---------------------------------------------------------------- hostile values


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r"])
def test_a_line_break_in_an_own_header_is_refused(breaks: str) -> None:
    found = fault(headers={"X-Name": "{{${first_name}}}"}, attributes={"first_name": f"a{breaks}Bcc: evil@example.com"})

    assert (found.field, found.message) == ("headers.X-Name", "the value has a line break")


@pytest.mark.parametrize(
    "name", ["Bcc", "to", "Content-Type", "List-Unsubscribe", "Subject", "X Y", "X:Y", "X\r\nBcc", ""]
)
def test_headers_that_are_ours_or_no_headers_are_refused(name: str) -> None:
    assert fault(headers={name: "x"}).field == f"headers.{name}"


def test_a_line_break_in_subject_or_preheader_becomes_a_blank() -> None:
    message = parsed(
        rendered(subject="a\r\nBcc: {{${first_name}}}", attributes={"first_name": "x\r\nCc: evil@example.com"})
    )

    assert message["Subject"] == "a Bcc: x Cc: evil@example.com"
    assert message["Bcc"] is None
    assert message["Cc"] is None


@pytest.mark.parametrize(
    "sender", ["nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "a@b, d", "<>", "", "a b@c", '"x\r\n" <a@b>']
)
def test_a_sender_that_is_no_single_address_is_refused(sender: str) -> None:
    with pytest.raises(TemplateFault) as caught:
        rendered({"from": "{{${sender}}}"}, attributes={"sender": sender})
    assert caught.value.field == "from"
    assert fault(reply_to="x {{${sender}}}", attributes={"sender": sender}).field == "reply_to"


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d", "a@b,c@d", "<a@b>", 5, None, "a" * 300 + "@b"])
def test_an_address_that_is_none_is_left_to_the_transport_and_kept_out_of_the_headers(
    address: str | int | None,
) -> None:
    email = rendered(attributes={"email": address})

    assert parsed(email)["To"] == "undisclosed-recipients:;"
    assert email.recipient == (address if isinstance(address, str) else "")


def test_an_address_in_other_letters_goes_out_as_utf_8() -> None:
    assert "To: åsa@exämple.com\r\n".encode() in rendered(attributes={"email": "åsa@exämple.com"}).content


def test_control_letters_do_not_break_it() -> None:
    email = rendered(
        subject="x{{${first_name}}}", html="<p>{{${first_name}}}</p>", attributes={"first_name": "a\x00\x1b"}
    )

    assert parsed(email)["Subject"] == "xa"


def test_the_bytes_refuse_a_broken_header_once_more() -> None:
    with pytest.raises(ValueError, match="line break"):
        mime.assembled({"X": "a\r\nBcc: x"}, text="", html=None, boundary_of="x")


# ---------------------------------------------------------------- faults


def test_faults_name_their_field() -> None:
    assert fault(subject="{{ x | nope }}").field == "subject"
    assert fault(html="a\n{{ x").line == 2
    assert fault(html=None, mjml="<mjml>").field == "mjml"
    assert fault(html=None).message == "the e-mail is empty"


def test_an_abort_anywhere_stops_the_message() -> None:  # S11
    for field in ("subject", "html", "text", "preheader"):
        with pytest.raises(Aborted, match="no"):
            rendered({field: "{% abort_message('no') %}"})


def test_settings_are_plain_data() -> None:
    assert msgspec.convert(msgspec.to_builtins(SETTINGS), EmailSettings) == SETTINGS
