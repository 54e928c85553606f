"""The other channels, which content a message has, and the check before a launch."""

from datetime import timedelta

import msgspec
import pytest

from ensue.content.check import check_content
from ensue.content.liquid import Aborted, TemplateFault
from ensue.content.render import find_content, render
from ensue.content.secrets import Secrets
from ensue.core.contents import Channels, Email, Variation
from ensue.core.records import Campaign
from ensue.core.words import ChannelName
from ensue.parcels import Email as RenderedEmail
from ensue.parcels import InApp, Parcel, Push, Request
from tests.content.letters import MARK, MESSAGE, SETTINGS, STATE, TRACKER, campaign


def sent(channel: ChannelName, **fields: object) -> Parcel:
    message = msgspec.structs.replace(MESSAGE, channel=channel)
    return render(campaign(**{channel: fields}), message, STATE, tracker=TRACKER, settings=SETTINGS)


def fault(channel: ChannelName, **fields: object) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        sent(channel, **fields)
    return caught.value


# ---------------------------------------------------------------- push


def test_a_push_message_goes_to_the_devices_of_now_and_names_itself() -> None:
    parcel = sent(
        "push",
        title="Hi {{${first_name}}}",
        body="{{${evil}}}",
        link="https://a.example/{{${user_id}}}",
        actions=[
            {"id": "buy", "text": "{{campaign.${name}}}", "link": "https://b.example"},
            {"id": "no", "text": "No"},
        ],
        data={"plan": "{{custom_attribute.${plan}}}"},
        time_to_live=timedelta(hours=1),
    )

    assert parcel.id == "e1.email"
    assert parcel.content == Push(
        devices={"t1": "web"},
        payload={
            "message": "e1.email",
            "campaign": "hello",
            "title": "Hi Ana",
            "body": '<script>"&',
            "link": "https://a.example/ana",
            "actions": [
                {"id": "buy", "text": "Hello there", "link": "https://b.example"},
                {"id": "no", "text": "No"},
            ],
            "data": {"plan": "pro"},
            "tap": TRACKER.tap_url(MARK),
        },
        time_to_live=3600,
    )


def test_without_a_time_to_live_it_is_kept_for_four_weeks() -> None:
    content = sent("push", body="x").content
    assert isinstance(content, Push)
    assert content.time_to_live == timedelta(days=28).total_seconds()


def test_faults_in_a_push_message_name_their_place() -> None:
    assert fault("push", body="x", actions=[{"id": "a", "text": "{{ x"}]).field == "actions[0].text"
    assert fault("push", body="x", data={"k": "{{ x"}).field == "data.k"
    assert fault("push", body="{{${nobody}}}").message == "the push message is empty"


# ---------------------------------------------------------------- in-app messages


def test_an_in_app_message_is_text_but_for_its_html() -> None:
    parcel = sent(
        "in_app_message",
        heading="{{${evil}}}",
        html="<p>{{${evil}}}</p>",
        buttons=[{"id": "go", "text": "Go", "link": "https://a.example"}, {"id": "x", "text": "X", "close": True}],
        dismiss_after=timedelta(seconds=5),
        priority=3,
    )

    assert parcel.content == InApp(
        user="ana",
        payload={
            "message": "e1.email",
            "campaign": "hello",
            "layout": "modal",
            "priority": 3,
            "heading": '<script>"&',
            "html": "<p>&lt;script&gt;&#34;&amp;</p>",
            "buttons": [
                {"id": "go", "text": "Go", "link": "https://a.example"},
                {"id": "x", "text": "X", "close": True},
            ],
            "dismiss_after": 5.0,
        },
    )
    assert fault("in_app_message", buttons=[{"id": "a", "text": "{{ x"}]).field == "buttons[0].text"


# ---------------------------------------------------------------- webhooks


def test_a_webhook_is_rendered_without_escaping() -> None:
    parcel = sent(
        "webhook",
        url="https://a.example/{{${first_name} | url_encode}}",
        method="PUT",
        headers={"X-User": "{{${user_id}}}"},
        body='{"name": {{ ${evil} | json }}}',
    )

    assert parcel.content == Request(
        url="https://a.example/Ana", method="PUT", headers={"X-User": "ana"}, body='{"name": "<script>\\"&"}'
    )


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example", "file:///etc/passwd", "{{${nobody}}}", "https://", "//a.example"]
)
def test_a_webhook_goes_to_web_addresses_only(url: str) -> None:
    assert fault("webhook", url=url).field == "url"


def test_a_header_of_a_webhook_is_one_line() -> None:
    assert fault("webhook", url="https://a.example", headers={"X": "a{{ '\nb' }}"}).field == "headers.X"
    assert fault("webhook", url="https://a.example", headers={"Host": "b"}).field == "headers.Host"


SECRET_HOOK = {"url": "https://a.example", "headers": {"Authorization": "Bearer {{ secret.crm_token }}"}}


def handed_over(secrets: Secrets, **fields: object) -> Request:
    message = msgspec.structs.replace(MESSAGE, channel="webhook")
    definition = campaign(webhook={**SECRET_HOOK, **fields})
    content = render(definition, message, STATE, tracker=TRACKER, settings=SETTINGS, secrets=secrets).content
    assert isinstance(content, Request)
    return content


def test_a_webhook_holds_a_secret_only_where_it_is_handed_over() -> None:
    shown = sent("webhook", **SECRET_HOOK).content
    assert isinstance(shown, Request)
    assert shown.headers == {"Authorization": "Bearer [secret crm_token]"}
    assert handed_over(Secrets({"crm_token": "t0p"})).headers == {"Authorization": "Bearer t0p"}
    assert handed_over(Secrets({"crm_token": "t0p"}), body="{{ secret }}{{ secret | json }}").body == '""'
    assert "t0p" not in repr(Secrets({"crm_token": "t0p"}))
    assert check_content(campaign(webhook=SECRET_HOOK)) == []


def test_a_secret_that_is_not_set_is_a_fault_of_the_template() -> None:
    with pytest.raises(TemplateFault, match="the secret 'crm_token' is not set") as caught:
        handed_over(Secrets({}))
    assert (caught.value.field, "ENSUE_SECRET_CRM_TOKEN" in caught.value.hint) == ("headers.Authorization", True)


def test_other_channels_know_no_secrets() -> None:
    message = msgspec.structs.replace(MESSAGE, channel="push")
    definition = campaign(push={"title": "a{{ secret.crm_token }}b"})
    parcel = render(
        definition, message, STATE, tracker=TRACKER, settings=SETTINGS, secrets=Secrets({"crm_token": "t0p"})
    )
    assert "t0p" not in str(parcel.content)


# ---------------------------------------------------------------- which content

TWO = Campaign(
    id="hello",
    variations=(
        Variation(name="A", share=50, channels=Channels(email=Email(subject="Hello", text="x"))),
        Variation(name="B", share=50, channels=Channels(email=Email(subject="{{ x", html="<p>"))),
    ),
)


def test_content_is_found_by_variation_and_channel() -> None:
    assert find_content(TWO, "A", "email") == Email(subject="Hello", text="x")
    assert find_content(TWO, "A", "push") is None
    assert find_content(TWO, "C", "email") is None
    assert find_content(campaign(webhook={"url": "u"}), "A", "webhook") is not None
    assert find_content(campaign(webhook={"url": "u"}), "B", "webhook") is None
    assert find_content(Campaign(id="draft"), "A", "email") is None


def test_a_message_whose_content_is_gone_is_a_fault() -> None:
    message = msgspec.structs.replace(MESSAGE, variation="C")
    with pytest.raises(TemplateFault, match="variation C has no content"):
        render(TWO, message, STATE, tracker=TRACKER, settings=SETTINGS)


def test_the_parcel_carries_the_messages_id_and_channel() -> None:  # O5
    parcel = render(TWO, MESSAGE, STATE, tracker=TRACKER, settings=SETTINGS)

    assert (parcel.id, parcel.channel) == ("e1.email", "email")
    assert isinstance(parcel.content, RenderedEmail)


@pytest.mark.parametrize("channel", ["push", "in_app_message", "webhook"])
def test_an_abort_stops_every_channel(channel: ChannelName) -> None:  # S11
    with pytest.raises(Aborted, match="no"):
        sent(
            channel, body="{% abort_message('no') %}", **({"url": "https://a.example"} if channel == "webhook" else {})
        )


# ---------------------------------------------------------------- the check (L2)


def found(**channels: object) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in check_content(campaign(**channels))]


@pytest.mark.parametrize(
    "channels",
    [
        {"email": {"subject": "Hi {{${first_name}}}", "html": "<p>{{${unsubscribe_url}}}</p>"}},
        {"email": {"subject": "Hi", "text": "x", "from": "{{custom_attribute.${seller}}}"}},
        {"email": {"subject": "Hi", "html": "{% abort_message('not now') %}"}},
        {"push": {"title": "x"}, "in_app_message": {"layout": "html", "html": "<p>"}},
        {"in_app_message": {"image": "https://a.example/x.png", "buttons": [{"id": "a", "text": "A", "close": True}]}},
        {"webhook": {"url": "{{custom_attribute.${hook}}}"}},
        {},
    ],
)
def test_good_content_has_no_problems(channels: dict[str, object]) -> None:  # L2
    assert found(**channels) == []


@pytest.mark.parametrize(
    ("channels", "paths"),
    [
        ({"email": {}}, ["channels.email.subject", "channels.email.html"]),
        ({"email": {"subject": "x", "html": "<p>", "mjml": "<mjml>"}}, ["channels.email.mjml"]),
        ({"email": {"subject": "x", "mjml": "<mjml>"}}, ["channels.email.mjml"]),
        ({"email": {"subject": "x", "text": "x", "from": "nobody"}}, ["channels.email.from"]),
        ({"email": {"subject": "x", "text": "x", "headers": {"Bcc": "y"}}}, ["channels.email.headers.Bcc"]),
        ({"push": {}}, ["channels.push.title"]),
        ({"push": {"title": "x", "actions": [{"id": "a", "text": ""}]}}, ["channels.push.actions[0].text"]),
        ({"in_app_message": {}}, ["channels.in_app_message.body"]),
        ({"in_app_message": {"layout": "html", "body": "x"}}, ["channels.in_app_message.html"]),
        (
            {"in_app_message": {"body": "x", "buttons": [{"id": "a", "text": "A", "link": "l", "log_event": "e"}]}},
            ["channels.in_app_message.buttons[0]"],
        ),
        (
            {"in_app_message": {"body": "x", "buttons": [{"id": "a", "text": "A"}, {"id": "a", "text": ""}]}},
            ["channels.in_app_message.buttons[1].text", "channels.in_app_message.buttons[1].id"],
        ),
        ({"webhook": {"url": "shop.example"}}, ["channels.webhook.url"]),
        ({"webhook": {"url": "shop.example/{{ ${user_id} }}"}}, ["channels.webhook.url"]),
    ],
)
def test_what_is_missing_is_told_with_its_path(channels: dict[str, object], paths: list[str]) -> None:  # L2
    assert [path for path, _ in found(**channels)] == paths


def test_every_template_fault_is_told_at_once_with_line_and_column() -> None:  # L2
    assert found(
        email={"subject": "{{ x | nope }}", "html": "a\n  {% if x %}", "headers": {"X": "{{ y"}},
        push={"title": "x", "actions": [{"id": "a", "text": "{{ z"}]},
    ) == [
        ("channels.email.subject", "line 1, column 8: unknown filter 'nope'"),
        ("channels.email.html", "line 2, column 13: expected tag endif, found the end"),
        ("channels.email.headers.X", "line 1, column 1: expected '}}', found end of file"),
        ("channels.push.actions[0].text", "line 1, column 1: expected '}}', found end of file"),
    ]


def test_problems_of_variations_name_the_variation_and_have_a_remedy() -> None:  # L2
    (problem,) = check_content(TWO)

    assert problem.path == "variations[1].channels.email.subject"
    assert all(one.hint for one in check_content(campaign(email={}, push={}, webhook={"url": "x"})))
