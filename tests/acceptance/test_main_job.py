"""The main job with everything real: commands, HTTP, SMTP, a process of its own."""

from pathlib import Path

import httpx

from tests.acceptance.conftest import Post
from tests.acceptance.running import READER, Running, until

DEFINITIONS = """\
kind: campaign
id: newsletter
name: Newsletter
channels:
  email:
    subject: "News for {{ ${first_name} }}"
    html: '<html><body><p><a data-alias="shop" href="https://shop.example/lamps?a=1&amp;b=2">Lamps</a></p></body></html>'
delivery: {type: scheduled, at: launch}
audience: {segments: [everyone]}
---
kind: campaign
id: offer
name: Offer
channels: {email: {subject: "15 % off after {{ event_properties.${original.name} }}", html: "<p>15 %</p>"}}
delivery:
  type: action_based
  triggers: [{interact_with_campaign: {campaign: newsletter, interaction: click_email, link: shop}}]
  delay: {after: 2 seconds}
  exceptions: [{make_purchase: {}}]
audience: {segments: [everyone]}
---
kind: campaign
id: thanks
name: Thanks for reading
channels: {email: {subject: Thanks, html: "<p>Thanks</p>"}}
delivery:
  type: action_based
  triggers: [{interact_with_campaign: {campaign: newsletter, interaction: open_email, opens: human}}]
audience: {segments: [everyone]}
"""
PEOPLE = """\
external_id,first_name,email,visits:number
ana,Ana,ana@shop.example,3
bo,Bo,bo@shop.example,
cy,Cy,cy@shop.example,1
"""


def test_from_a_clicked_email_to_the_follow_on(ensue: Running, post: Post, tmp_path: Path) -> None:
    # T1, X1, D1, S12: by commands alone, then a person opens and clicks, another buys
    campaigns = tmp_path / "campaigns"
    campaigns.mkdir()
    (campaigns / "all.yaml").write_text(DEFINITIONS, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    client = ensue.start()
    for arguments in (
        ("users", "import", str(tmp_path / "people.csv")),
        ("apply", str(campaigns)),
        ("launch", "offer", "thanks", "newsletter"),
    ):
        done = ensue.command(*arguments)
        assert done.returncode == 0, done.stderr

    until(lambda: len(post.letters()) == 3, "three newsletters")
    ana, bo = post.to("ana@shop.example")[0], post.to("bo@shop.example")[0]
    assert ana.subject == "News for Ana"
    follow(ana.link, ana.pixel)
    follow(bo.link, None)
    bought = client.post(
        "/users/track",
        json={"purchases": [{"external_id": "bo", "product_id": "lamp", "currency": "EUR", "price": 49.5}]},
    )
    assert bought.status_code == 201

    until(lambda: len(post.to("ana@shop.example")) == 3, "Ana's offer and thanks")
    assert {letter.subject for letter in post.to("ana@shop.example")[1:]} == {"15 % off after Newsletter", "Thanks"}
    offers = until(lambda: decided(client, "offer", ana="sent", bo="cancelled"), "the offers are decided")
    assert offers["bo"]["exception"] == "make_purchase"
    assert set(offers) == {"ana", "bo"}
    assert len(post.to("bo@shop.example")) == len(post.to("cy@shop.example")) == 1
    assert ensue.stop() == 0


def decided(client: httpx.Client, campaign: str, **expected: str) -> dict[str, dict[str, str]]:
    """Return a campaign's decisions by user; nothing while an outcome is not yet the expected one."""
    answer = client.get(f"/api/v1/campaigns/{campaign}/decisions").json()
    decisions = {one["decision"]["user"]: one["decision"] for one in answer["decisions"]}
    outcomes = {user: decision["outcome"] for user, decision in decisions.items()}
    return decisions if expected.items() <= outcomes.items() else {}


def follow(link: str | None, pixel: str | None) -> None:
    """Follow a tracked link as a browser does, and load a pixel as a mail reader does."""
    assert link is not None
    with httpx.Client(headers={"User-Agent": READER}, trust_env=False) as http:
        if pixel is not None:
            assert http.get(pixel).headers["Content-Type"] == "image/gif"
        answer = http.get(link)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "https://shop.example/lamps?a=1&b=2"
