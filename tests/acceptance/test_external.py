"""An external campaign's imported click starts a follow-on, by real commands, with a real mail server (B5, B8)."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from tests.acceptance.conftest import Post
from tests.acceptance.running import Running, until
from tests.channels.http_server import http_server

ORIGINAL = """\
# Sent by the partner's own system.
kind: campaign
id: partner-letter
name: Partner's letter
delivery: {type: external, channels: [email]}
"""
FOLLOW_ON = """\
kind: campaign
id: offer
name: Offer
channels: {email: {subject: "You read {{ event_properties.${original.name} }}", html: "<p>15 %</p>"}}
delivery:
  type: action_based
  triggers: [{interact_with_campaign: {campaign: partner-letter, interaction: click_email, link: shop}}]
"""
PEOPLE = "external_id,email\nana,ana@shop.example\nbo,bo@shop.example\ncy,cy@shop.example\n"


def test_an_imported_click_starts_a_follow_on(ensue: Running, post: Post, tmp_path: Path) -> None:
    # T1, T2, O1: pushed, launched and imported by commands; a repeat sends nothing again
    def good(*arguments: str | Path) -> str:
        done = ensue.command(*(str(one) for one in arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout

    code = tmp_path / "code"
    code.mkdir()
    (code / "letter.yaml").write_text(ORIGINAL, encoding="utf-8")
    (code / "offer.yaml").write_text(FOLLOW_ON, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    ensue.start()
    good("users", "import", tmp_path / "people.csv")
    assert "new: campaign partner-letter (version 1)" in good("push", code)
    good("launch", "offer", "partner-letter")

    now = datetime.now(UTC).isoformat()  # noqa: TID251  (the clock of a real Ensue)
    log = tmp_path / "clicks.csv"
    log.write_text(
        "external_id,interaction,time,link\n"
        f"ana,click_email,{now},shop\n"
        f"bo,click_email,{now},imprint\n"
        "cy,click_email,2026-01-01T00:00:00Z,shop\n",
        encoding="utf-8",
    )
    assert "imported 3 interactions" in good("interactions", "import", log, "--campaign", "partner-letter")
    until(lambda: post.to("ana@shop.example"), "Ana's offer")
    shutil.copy(log, tmp_path / "again.csv")
    said = good("interactions", "import", tmp_path / "again.csv", "--campaign", "partner-letter")
    assert "(3 of them known already)" in said
    assert [letter.subject for letter in post.letters()] == ["You read Partner's letter"]
    before = (code / "letter.yaml").read_bytes()
    good("pull", code)
    good("diff", code)
    assert (code / "letter.yaml").read_bytes() == before
    assert ensue.stop() == 0


def test_a_secret_reaches_the_receiver_of_a_webhook_and_no_page(tmp_path: Path, post: Post) -> None:
    settings = {"ENSUE_ALLOWED_NETWORKS": "127.0.0.0/8", "ENSUE_SECRET_CRM_TOKEN": "t0p"}
    ensue = Running(tmp_path, post.mailbox.port, **settings)
    try:
        with http_server() as receiver:
            client = ensue.start()
            hook = {"url": receiver.url, "headers": {"Authorization": "Bearer {{ secret.crm_token }}"}}
            trigger = {"custom_event": {"name": "hi"}}
            definition = {
                "kind": "campaign",
                "id": "hook",
                "channels": {"webhook": hook},
                "delivery": {"type": "action_based", "triggers": [trigger]},
            }
            client.post("/api/v1/campaigns", json=definition).raise_for_status()
            client.post("/api/v1/campaigns/hook/launch").raise_for_status()
            client.post("/users/track", json={"events": [{"external_id": "ana", "name": "hi"}]}).raise_for_status()
            until(lambda: receiver.asked, "the webhook")
            client.post("/api/v1/campaigns/hook/test", json={"users": ["ana"]}).raise_for_status()
            shown = client.post("/api/v1/campaigns/hook/preview", json={"user": "ana"}).raise_for_status()
        assert [one.headers["authorization"] for one in receiver.asked] == ["Bearer t0p"] * 2
        assert shown.json()["channels"]["webhook"]["headers"] == {"Authorization": "Bearer [secret crm_token]"}
        assert "t0p" not in ensue.log()
    finally:
        ensue.close()
