"""Previews and test sends: what would be sent is shown, or sent to a few, and nothing is recorded of it."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256

import pytest

from ensue.channels.simulated import SimulatedTransport
from ensue.core.events import PushRegistered
from ensue.parcels import Email, Handed, InApp, Parcel, Push, Request
from ensue.services.messaging import is_test
from ensue.web.site import Site
from tests.web.asking import Api, Json, events_in, problem
from tests.web.mailing import URL, Client

Carriers = dict[str, SimulatedTransport]
HELLO: Json = {
    "kind": "campaign",
    "id": "hello",
    "name": "Hello",
    "channels": {
        "email": {
            "subject": "Hej {{ ${first_name} }}",
            "from": "Åsa <asa@shop.example>",
            "html": '<p>{{ ${first_name} }} <a href="https://shop.example/x">On</a></p>',
            "headers": {"X-Plan": "{{ ${plan} }}"},
        },
        "push": {"title": "Hej", "body": "{{ event_properties.${item} }}", "actions": [{"id": "go", "text": "Go"}]},
        "in_app_message": {"heading": "Hej", "buttons": [{"id": "ok", "text": "OK", "close": True}]},
        "webhook": {
            "url": "https://hook.example/{{ ${user_id} }}",
            "headers": {"X-Key": "k"},
            "body": '{"name": {{ ${first_name} | json }}}',
        },
    },
    "delivery": {"type": "api_triggered"},
}
PREVIEW, TEST = "/api/v1/campaigns/hello/preview", "/api/v1/campaigns/hello/test"
ALL = ["email", "push", "in_app_message", "webhook"]


@pytest.fixture
def api(client: Client, site: Site) -> Api:
    site.people.put([("ana", {"first_name": "Ana <3", "email": "ana@example.com", "plan": "pro"}), ("bo", {})])
    api = Api(client, site)
    api.post("/api/v1/campaigns", HELLO)
    return api


def preview(api: Api, **asked: object) -> Json:
    return api.post(PREVIEW, asked, 200)


def tried(api: Api, **asked: object) -> list[Json]:
    messages: list[Json] = api.post(TEST, asked, 200)["messages"]
    return messages


def with_email(**email: object) -> Json:
    return {"channels": {"email": {"subject": "S", "html": "<p>", **email}}}


def without(content: object) -> str:
    """Return a content as a text without what differs between two messages: their ids, and all that is made of them."""
    text = str(content)
    for part in (rf"{re.escape(URL)}/[ocu]/[^\s\"'>]+", r"test-[0-9a-zA-Z_-]+", r"=_\w+"):
        text = re.sub(part, "…", text)
    return text


def read(parcel: Parcel) -> EmailMessage:
    assert isinstance(parcel.content, Email)
    return message_from_bytes(parcel.content.content, policy=policy.default)


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    html: str = body.get_content()
    return html


# ---------------------------------------------------------------- previews of campaigns


def test_a_preview_shows_each_channel_as_a_user_would_get_it(api: Api) -> None:
    shown = preview(api, user="ana", event_properties={"item": "lamp"})
    assert (shown["user"], shown["variation"], shown["in_control"]) == ("ana", "A", False)
    assert shown["unreachable"] == {"push": "the user has no device"}
    email = shown["channels"]["email"]
    assert (email["subject"], email["from"], email["to"]) == (
        "Hej Ana <3",
        "Åsa <asa@shop.example>",
        "ana@example.com",
    )
    assert "Ana &lt;3" in email["html"]
    assert "Ana <3" in email["text"]
    assert email["headers"]["X-Plan"] == "pro"
    assert email["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Content-Type" not in email["headers"]
    push, in_app = shown["channels"]["push"], shown["channels"]["in_app_message"]
    assert (push["title"], push["body"], push["actions"]) == ("Hej", "lamp", [{"id": "go", "text": "Go"}])
    assert (in_app["layout"], in_app["buttons"]) == ("modal", [{"id": "ok", "text": "OK", "close": True}])
    assert shown["channels"]["webhook"] == {
        "url": "https://hook.example/ana",
        "method": "POST",
        "headers": {"X-Key": "k"},
        "body": '{"name": "Ana <3"}',
    }


def test_what_is_shown_is_what_is_handed_over(api: Api, carriers: Carriers) -> None:
    shown = preview(api, user="ana")["channels"]
    tried(api, users=["ana"])
    assert carriers["push"].parcels == ()  # she has no device
    (email,) = carriers["email"].parcels
    (in_app,) = carriers["in_app_message"].parcels
    (request,) = carriers["webhook"].parcels
    assert isinstance(in_app.content, InApp)
    assert isinstance(request.content, Request)
    assert without(shown["email"]["html"]) == without(html_of(read(email)))
    assert without(shown["in_app_message"]) == without(in_app.content.payload)
    assert shown["webhook"]["body"] == request.content.body


def test_an_address_in_other_letters_is_shown_as_it_is(api: Api) -> None:
    shown = preview(api, user="ana", definition=with_email(**{"from": "Åsa <åsa@shop.example>"}))
    assert shown["channels"]["email"]["from"] == "Åsa <åsa@shop.example>"


def test_a_preview_without_a_user_is_for_an_invented_one(api: Api) -> None:
    shown = preview(api)
    assert shown["channels"]["email"]["subject"] == "Hej Ana"
    assert shown["unreachable"] == {}


def test_a_preview_of_what_is_not_saved_saves_nothing(api: Api) -> None:
    shown = preview(api, user="ana", definition=with_email(subject="Draft for {{ ${first_name} }}"))
    assert list(shown["channels"]) == ["email"]
    assert shown["channels"]["email"]["subject"] == "Draft for Ana <3"
    assert api.get("/api/v1/campaigns/hello")["version"] == 1
    other = api.post("/api/v1/campaigns/not-there/preview", {"definition": with_email()}, 200)
    assert list(other["channels"]) == ["email"]
    api.get("/api/v1/campaigns/not-there", 404)


def test_an_abort_and_a_fault_are_shown_for_their_channel_and_the_others_go_on(api: Api) -> None:
    channels: Json = {
        "email": {"subject": "S", "html": "<p>\n  {{ 1 | divided_by: 0 }}</p>"},
        "push": {"title": "{% abort_message('sold out') %}"},
        "in_app_message": {"body": "x"},
    }
    shown = preview(api, user="ana", definition={"channels": channels})["channels"]
    fault = shown["email"]["problem"]
    assert (fault["code"], fault["path"], fault["line"], fault["column"]) == (
        "template_error",
        "channels.email.html",
        2,
        10,
    )
    assert fault["hint"]
    assert shown["push"] == {"aborted": "sold out"}
    assert shown["in_app_message"]["body"] == "x"


def varied(*shares: float, control: float = 0) -> Json:
    named = [
        {"name": name, "share": share, "channels": {"email": {"subject": name, "html": "{{ x | nope }}"}}}
        for name, share in zip("ABC", shares, strict=False)
    ]
    return {"variations": named, "control_group": control}


def bucket_of(user: str) -> int:
    return int.from_bytes(sha256(f"hello:{user}".encode()).digest()[:8], "big") % 10_000


def test_a_preview_is_of_the_users_own_variation_or_the_one_asked_for(api: Api) -> None:  # V1
    below = bucket_of("ana") // 100  # a percentage that leaves ana just outside of the first variation
    definition = varied(below, 100 - below)
    assert preview(api, user="ana", definition=definition)["variation"] == "B"
    assert preview(api, definition=definition)["variation"] == "A"
    asked = preview(api, user="ana", variation="A", definition=definition)
    assert asked["variation"] == "A"
    assert asked["channels"]["email"]["problem"]["path"] == "variations[0].channels.email.html"
    refused = problem(api.post(PREVIEW, {"variation": "D", "definition": definition}, 400))
    assert (refused["path"], refused["hint"]) == ("variation", "It has A, B.")


def test_a_preview_for_somebody_in_control_says_so_and_shows_the_first_variation(api: Api) -> None:
    shown = preview(api, user="ana", definition=varied(0, 10, control=90))
    assert bucket_of("ana") >= 1000
    assert (shown["in_control"], shown["variation"]) == (True, "A")
    assert preview(api, definition=varied(0, 10, control=90))["in_control"] is False


def test_a_preview_says_what_is_wrong_with_the_request(api: Api) -> None:
    assert problem(api.post(PREVIEW, {"user": "nobody"}, 400))["path"] == "user"
    assert problem(api.post("/api/v1/campaigns/helo/preview", {}, 404))["hint"] == "Did you mean 'hello'?"
    assert problem(api.post(PREVIEW, {"definition": {"chanels": {}}}, 400))["path"] == "definition.chanels"
    assert problem(api.post(PREVIEW, {"definition": {"id": "other"}}, 400))["path"] == "definition.id"
    assert problem(api.post(PREVIEW, {"definition": {}}, 400))["code"] == "content"


def test_previews_and_tests_leave_no_trace(api: Api, carriers: Carriers) -> None:
    api.post("/api/v1/campaigns/hello/launch", status=200)
    before, people = events_in(api.site), api.site.people.load("ana")
    preview(api, user="ana")
    tried(api, users=["ana"])
    assert len(carriers["email"].parcels) == 1
    assert events_in(api.site) == before
    assert api.site.people.load("ana") == people
    assert api.get("/api/v1/campaigns/hello/report")["figures"] == []
    assert api.get("/api/v1/users/ana/decisions")["decisions"] == []
    assert api.get("/api/v1/status")["outbox"] == 0


@pytest.mark.parametrize("scopes", [("campaigns:read",), ("users:read",), ("campaigns:read", "users:read")])
def test_a_preview_needs_both_to_read_campaigns_and_to_read_users(
    client: Client, api: Api, scopes: tuple[str, ...]
) -> None:
    status = 200 if len(scopes) > 1 else 403
    answer = Api(client, api.site, *scopes).post(PREVIEW, {"user": "ana"}, status)
    if status == 403:
        assert "campaigns:read and users:read" in problem(answer)["hint"]


def test_a_test_send_needs_both_to_write_campaigns_and_to_launch(client: Client, api: Api) -> None:
    for scopes in (("campaigns:write",), ("launch", "users:read")):
        Api(client, api.site, *scopes).post(TEST, {"users": ["ana"]}, 403)
    Api(client, api.site, "campaigns:write", "launch").post(TEST, {"users": ["ana"]}, 200)


# ---------------------------------------------------------------- previews of cards


def test_a_preview_of_a_card_shows_it_as_the_user_would_see_it(api: Api) -> None:
    card: Json = {
        "title": "Hi {{ ${first_name} }}",
        "publish_at": "2027-01-01T00:00:00Z",
        "audience": {"filter": {"attribute": "plan", "is": "pro"}},
    }
    path = "/api/v1/cards/sale/preview"
    shown = api.post(path, {"user": "ana", "definition": card}, 200)
    assert (shown["user"], shown["in_audience"]) == ("ana", True)
    assert (shown["card"]["title"], shown["card"]["published_at"]) == ("Hi Ana <3", "2027-01-01T00:00:00Z")
    assert api.post(path, {"definition": card}, 200)["in_audience"] is False
    api.post(path, {}, 404)
    api.post("/api/v1/cards", {"kind": "card", "id": "sale", "title": "Saved"})
    assert api.post(path, {"user": "bo"}, 200)["card"]["title"] == "Saved"


def test_a_preview_of_a_card_shows_an_abort_or_a_fault(api: Api) -> None:
    path = "/api/v1/cards/sale/preview"
    aborted = api.post(path, {"definition": {"title": "{% abort_message('no') %}"}}, 200)
    assert (aborted["aborted"], "card" in aborted) == ("no", False)
    fault = api.post(path, {"definition": {"title": "x", "link": "ftp://{{ ${user_id} }}"}}, 200)["problem"]
    assert (fault["path"], fault["hint"]) == ("link", "Begin with https://.")


# ---------------------------------------------------------------- test sends


def test_a_test_send_goes_to_the_services_and_tells_what_they_said(api: Api, carriers: Carriers) -> None:
    api.post("/api/v1/users", {"users": [{"external_id": "cy", "attributes": {"email": "cy@example.com"}}]})
    carriers["email"].answer = Handed(result="permanent", detail="550 no such mailbox")
    carriers["webhook"].answer = Handed(result="passing", detail="503 later")
    answers = tried(api, users=["ana", "cy", "ana"])
    assert [(one["user"], one["channel"]) for one in answers] == [(user, way) for user in ("ana", "cy") for way in ALL]
    told = {one["channel"]: (one["result"], one.get("detail", "")) for one in answers if one["user"] == "ana"}
    assert told == {
        "email": ("permanent", "550 no such mailbox"),
        "push": ("refused", "the user has no device"),
        "in_app_message": ("accepted", ""),
        "webhook": ("passing", "503 later"),
    }
    assert all(is_test(one["message"]) for one in answers)
    assert len({one["message"] for one in answers}) == len(answers)
    assert [parcel.id for parcel in carriers["in_app_message"].parcels] == [
        one["message"] for one in answers if one["channel"] == "in_app_message"
    ]


def test_a_test_send_may_go_by_some_channels_only(api: Api, carriers: Carriers) -> None:
    assert [one["channel"] for one in tried(api, users=["ana"], channels=["webhook", "email"])] == ["email", "webhook"]
    assert carriers["in_app_message"].parcels == ()
    asked = {"users": ["ana"], "channels": ["email", "push"], "definition": with_email()}
    refused = problem(api.post(TEST, asked, 400))
    assert (refused["path"], refused["hint"]) == ("channels[1]", "It has email.")
    assert len(carriers["email"].parcels) == 1


def test_a_channel_that_is_not_set_up_says_so(api: Api, carriers: Carriers) -> None:
    del carriers["webhook"]
    (answer,) = tried(api, users=["bo"], channels=["webhook"])
    assert (answer["result"], answer["detail"]) == ("passing", "the channel is not set up")


@pytest.mark.parametrize(
    ("subscription", "send_to", "result", "detail"),
    [
        ("unsubscribed", "subscribed", "refused", "the user is unsubscribed, and the campaign goes to subscribed"),
        ("subscribed", "opted_in", "refused", "the user is subscribed, and the campaign goes to opted_in"),
        ("opted_in", "opted_in", "accepted", ""),
        ("unsubscribed", "all", "accepted", ""),
    ],
)  # F2
def test_who_is_unsubscribed_gets_no_test_either_unless_the_campaign_goes_to_all(
    api: Api, subscription: str, send_to: str, result: str, detail: str
) -> None:
    api.post("/users/track", {"attributes": [{"external_id": "ana", "email_subscribe": subscription}]})
    (answer,) = tried(api, users=["ana"], definition={**with_email(), "send_to": send_to})
    assert (answer["result"], answer.get("detail", "")) == (result, detail)


def test_a_test_goes_also_to_who_would_not_get_the_campaign_now(api: Api) -> None:
    api.put("/api/v1/workspace", {"frequency_caps": [{"channel": "email", "at_most": 1, "days": 1}]})
    definition = {
        **varied(1, control=99),
        "audience": {"filter": {"attribute": "plan", "is": "none"}},
        "quiet_hours": {"from": "00:00", "to": "23:59"},
    }
    definition["variations"] = [{"name": "A", "share": 1, **with_email()}]
    assert bucket_of("ana") >= 100
    answers = [tried(api, users=["ana"], definition=definition)[0] for _ in range(2)]
    assert [(one["result"], one["variation"]) for one in answers] == [("accepted", "A")] * 2


def test_a_test_to_somebody_without_a_good_address_is_refused_with_the_reason(api: Api) -> None:
    report = {"user": "ana", "campaign": "hello", "interaction": "bounce_email"}
    api.post("/api/v1/interactions", {"interactions": [report]})
    answers = tried(api, users=["ana", "bo"], channels=["email"])
    assert [one["detail"] for one in answers] == ["the address has bounced", "the user has no e-mail address"]


def test_a_test_that_aborts_or_fails_says_so_and_the_service_is_not_asked(api: Api, carriers: Carriers) -> None:
    aborting = with_email(html="{% abort_message('sold out') %}")
    (aborted,) = tried(api, users=["ana"], definition=aborting)
    assert (aborted["result"], aborted["detail"]) == ("aborted", "sold out")
    (failed,) = tried(api, users=["ana"], definition=with_email(subject="{{ x"))
    assert (failed["result"], failed["problem"]["path"]) == ("template_error", "channels.email.subject")
    assert carriers["email"].parcels == ()


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"users": []}, "users"),
        ({"users": [str(n) for n in range(11)]}, "users"),
        ({"users": ["ana", "nobody"]}, "users[1]"),
        ({"users": ["ana"], "variation": "Z"}, "variation"),
        ({"users": ["ana"], "channels": ["sms"]}, "channels[0]"),
    ],
)
def test_a_wrong_test_is_refused_whole(api: Api, carriers: Carriers, asked: Json, path: str) -> None:
    assert problem(api.post(TEST, asked, 400))["path"] == path
    assert carriers["email"].parcels == ()


# ---------------------------------------------------------------- what comes back from a test


def addresses(carriers: Carriers) -> dict[str, str]:
    (parcel,) = carriers["email"].parcels
    message = read(parcel)
    body = html_of(message)
    return {kind: found[0] for kind in "oc" if (found := re.search(rf"/{kind}/[^\"]+", body))} | {
        "u": str(message["List-Unsubscribe"]).strip("<>").removeprefix(URL)
    }


def test_the_links_of_a_test_work_and_nothing_is_recorded(api: Api, client: Client, carriers: Carriers) -> None:
    tried(api, users=["ana"], channels=["email"])
    found, before = addresses(carriers), events_in(api.site)
    assert client.get(found["o"]).headers["content-type"] == "image/gif"
    led = client.get(found["c"], follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (302, "https://shop.example/x")
    assert client.get(found["u"]).status_code == 200
    unsubscribed = client.post(found["u"], data={"List-Unsubscribe": "One-Click"})
    assert unsubscribed.status_code == 200
    assert "This was a test" in unsubscribed.text
    assert events_in(api.site) == before
    assert api.site.people.load("ana").subscriptions == {}


def test_the_ids_of_real_messages_are_not_those_of_tests(api: Api) -> None:
    api.post("/api/v1/campaigns/hello/launch", status=200)
    api.post("/api/v1/campaigns/hello/trigger", {"users": ["ana"]})
    claimed = api.site.runner.claim(10)
    assert {is_test(claim.queued.message.id) for claim in claimed} == {False}


def test_a_test_goes_to_the_devices_of_its_user(api: Api, carriers: Carriers) -> None:
    now = api.site.clock.now()
    api.site.tracking.submit([PushRegistered(id="d", user="bo", at=now, received_at=now, token="t1")])
    (answer,) = tried(api, users=["bo"], channels=["push"], event_properties={"item": "lamp"})
    assert answer["result"] == "accepted"
    (parcel,) = carriers["push"].parcels
    assert isinstance(parcel.content, Push)
    assert list(parcel.content.devices) == ["t1"]
    assert (parcel.content.payload["message"], parcel.content.payload["body"]) == (answer["message"], "lamp")
