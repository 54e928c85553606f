"""A whole Ensue whose templates ask other servers: when sent and tested, and never for a look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.config import Settings, read_settings
from ensue.content.fetching import Found, Inquiry
from ensue.content.links import Tracker
from ensue.core.contents import Channels
from ensue.core.events import CustomEventLogged
from ensue.core.records import Campaign, Scheduled
from ensue.errors import Rejected, Unavailable
from ensue.parcels import Request
from ensue.runners.clock import SystemClock
from ensue.runners.delivery import MOST_QUESTIONS, Delivery
from ensue.system import System, open_system
from tests.acceptance.running import until
from tests.channels.http_server import Asked, HttpServer, Reply, http_server
from tests.rules.play import Stage, staged


def answer(asked: Asked) -> Reply:
    return Reply(200, b'{"left": 3}') if asked.path.startswith("/stock") else Reply(201)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server(answer) as server:
        yield server


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[System]:
    own = read_settings({"ENSUE_ALLOWED_NETWORKS": "127.0.0.1", **settings})
    system = open_system(replace(own, database=folder / "ensue.db", base_url="http://ensue.test"), SystemClock())
    system.site.people.put([("ana", {"first_name": "Ana"})])
    try:
        yield system
    finally:
        system.close()


def asking(server: HttpServer, options: str = "") -> Campaign:
    body = f"{{% connected_content {server.url}/stock?user={{{{${{user_id}}}}}} {options} :save stock %}}"
    hook = {"url": f"{server.url}/hook", "body": f"{body}{{{{${{first_name}}}}}}: {{{{ stock.left }}}} left"}
    channels = msgspec.convert({"webhook": hook}, Channels)
    return Campaign(id="hello", channels=channels, delivery=Scheduled(at="launch"))


def outcomes(system: System) -> list[str]:
    decisions = system.site.runner.read(lambda store: store.ledger.decisions(user="ana", limit=10))
    return [decision.outcome for _, decision in decisions]


def test_a_message_holds_what_another_server_said(server: HttpServer, tmp_path: Path) -> None:
    with opened(
        tmp_path,
        ENSUE_CONNECTED_CONTENT=f"api.example, 127.0.0.1:{server.port}",
        ENSUE_CONNECTED_CREDENTIALS="shop=ana:s%2Cecret@127.0.0.1",
    ) as system:
        system.site.definitions.save_campaign(asking(server, ":basic_auth shop"))
        system.site.launching.move("launch", ["hello"])
        until(lambda: "sent" in outcomes(system), "the webhook was accepted")
    stock, hook = server.asked
    assert (stock.path, hook.body) == ("/stock?user=ana", b"Ana: 3 left")
    assert stock.headers["authorization"] == "Basic YW5hOnMsZWNyZXQ="
    assert "authorization" not in hook.headers


def test_a_preview_and_a_launch_ask_nobody_and_a_test_does(server: HttpServer, tmp_path: Path) -> None:
    with opened(tmp_path, ENSUE_CONNECTED_CONTENT=f"127.0.0.1:{server.port}") as system:
        ana = system.site.people.load("ana")
        campaign = replace(asking(server), delivery=None)
        system.site.definitions.save_campaign(campaign)
        preview = system.site.messaging.preview(campaign, ana, None, {})
        assert preview.channels["webhook"]["body"] == "Ana:  left"
        assert not [one for one in system.site.definitions.check(campaign)[0] if one.code == "template_error"]
        assert server.asked == []
        (trial,) = system.site.messaging.test(campaign, [ana], None, (), {})
        assert trial.result == "accepted"
    assert [asked.path for asked in server.asked] == ["/stock?user=ana", "/hook"]
    assert server.asked[1].body == b"Ana: 3 left"


@pytest.mark.parametrize("hosts", ["", "api.example"])
def test_a_launch_is_refused_where_a_template_asks_whom_it_may_not(
    server: HttpServer, tmp_path: Path, hosts: str
) -> None:
    with opened(tmp_path, ENSUE_CONNECTED_CONTENT=hosts) as system:
        system.site.definitions.save_campaign(asking(server))
        with pytest.raises(Rejected, match="ENSUE_CONNECTED_CONTENT") as refusal:
            system.site.launching.move("launch", ["hello"])
        assert refusal.value.problems[0].path.endswith("channels.webhook.body")
    assert server.asked == []


# ---------------------------------------------------------------- :retry


@contextmanager
def delivered(fetch: Callable[[Inquiry], Found]) -> Iterator[tuple[Stage, SimulatedTransport]]:
    """Ana's message was decided on at +1h, and its template asks by `fetch` and insists."""
    transport = SimulatedTransport()
    with staged("""
        campaigns:
          - id: hello
            triggers: [{custom_event: hi}]
            channels: {webhook: {url: "https://a.example", body: "{% connected_content https://b.example :retry %}"}}
        users: [ana]
    """) as stage:
        bench = stage.bench
        tracker = Tracker("secret", "https://links.example.com")
        render = renderer(bench.runner, tracker, SIMULATED_MAIL, fetch=fetch)
        delivery = Delivery(bench.runner, bench.clock, carriers=lambda: {"webhook": transport}, render=render)
        own = Stage(replace(bench, deliver=delivery.run_once), stage.scenario)
        own.move("launch", "hello", at="+0s")
        own.does(CustomEventLogged, "+1h", name="hi")
        yield own, transport


def bodies(transport: SimulatedTransport) -> list[str | None]:
    return [parcel.content.body for parcel in transport.parcels if isinstance(parcel.content, Request)]


def test_a_message_waits_for_the_answer_that_its_template_insists_on() -> None:
    faults = [Unavailable("no answer"), Unavailable("no answer")]

    def fetch(inquiry: Inquiry) -> Found:
        assert inquiry.insists
        if faults:
            raise faults.pop()
        return Found(status=200, body=b"fine")

    with delivered(fetch) as (stage, transport):
        for offset in ("+1h5s", "+1h14s"):
            stage.until(offset)
            assert (stage.outcomes("ana", "hello"), bodies(transport)) == (["sending at +1h"], [])
        stage.until("+1h15s")
        assert (stage.outcomes("ana", "hello"), bodies(transport)) == (["sent at +1h15s"], ["fine"])


def test_a_message_whose_answer_never_comes_is_aborted() -> None:  # S11
    asked: list[Inquiry] = []

    def fetch(inquiry: Inquiry) -> Found:
        asked.append(inquiry)
        raise Unavailable("connected_content got no answer from b.example")

    with delivered(fetch) as (stage, transport):
        for offset in ("+1h5s", "+1h15s", "+1h35s", "+1h75s", "+1h155s", "+2h"):
            stage.until(offset)
        assert stage.outcomes("ana", "hello") == ["suppressed (aborted) at +1h2m35s"]
        assert (len(asked), bodies(transport)) == (MOST_QUESTIONS + 1, [])


# ---------------------------------------------------------------- the settings


def test_hosts_and_credentials_are_read() -> None:
    settings = read_settings(
        {
            "ENSUE_CONNECTED_CONTENT": "API.example, *.shop.example:8443,127.0.0.1:80, [::1]",
            "ENSUE_CONNECTED_CREDENTIALS": "a=ana:p%40ss@api.example, b=bo:x:y@API.example",
        }
    )
    assert settings.connected_content == ("api.example", "*.shop.example:8443", "127.0.0.1:80", "[::1]")
    assert {name: (one.username, one.password, one.host) for name, one in settings.connected_credentials.items()} == {
        "a": ("ana", "p@ss", "api.example"),
        "b": ("bo", "x:y", "api.example"),
    }
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ENSUE_CONNECTED_CONTENT", "https://api.example"),
        ("ENSUE_CONNECTED_CONTENT", "*"),
        ("ENSUE_CONNECTED_CONTENT", "api.example/path"),
        ("ENSUE_CONNECTED_CREDENTIALS", "s3cret"),
        ("ENSUE_CONNECTED_CREDENTIALS", "shop=ana:s3cret"),
        ("ENSUE_CONNECTED_CREDENTIALS", "shop=ana:s3cret@api.example,shop2=s3cret@api.example"),
        ("ENSUE_CONNECTED_CREDENTIALS", "ana:s3cret@api.example"),
    ],
)
def test_a_bad_value_is_refused_and_no_password_is_told(name: str, text: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read_settings({name: text})
    (problem,) = refusal.value.problems
    assert (problem.path, problem.hint != "") == (name, True)
    assert "s3cret" not in str(problem)
