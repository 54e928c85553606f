"""A test send of a whole Ensue, by a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from ensue.config import Settings, Smtp
from ensue.runners.clock import SystemClock
from ensue.system import System, open_system
from ensue.web.app import create_app
from tests.channels.mail_server import MailServer, serving
from tests.web.asking import Api
from tests.web.test_previews import HELLO, TEST


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving() as server:
        yield server


@pytest.fixture
def system(tmp_path: Path, mail: MailServer) -> Iterator[System]:
    smtp = Smtp(host="127.0.0.1", port=mail.port, security="none")
    system = open_system(Settings(database=tmp_path / "ensue.db", smtp=smtp), SystemClock())
    yield system
    system.close()


def test_a_test_send_goes_by_the_mail_server_of_the_settings_and_leaves_no_connection(
    system: System, mail: MailServer
) -> None:
    with TestClient(create_app(system.site)) as client:
        api = Api(client, system.site)
        api.post("/api/v1/users", {"users": [{"external_id": "ana", "attributes": {"email": "ana@example.com"}}]})
        api.post("/api/v1/campaigns", HELLO)
        (accepted,) = api.post(TEST, {"users": ["ana"], "channels": ["email"]}, 200)["messages"]
        mail.answers["RCPT"] = "550 nobody here"
        (refused,) = api.post(TEST, {"users": ["ana"], "channels": ["email"]}, 200)["messages"]
    assert accepted["result"] == "accepted"
    (envelope,) = mail.received
    assert envelope.rcpt_tos == ["ana@example.com"]
    assert isinstance(envelope.content, bytes)
    assert accepted["message"].encode() in envelope.content
    assert (refused["result"], "nobody here" in refused["detail"]) == ("permanent", True)
    assert len(mail.connections) == 2
