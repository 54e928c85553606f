"""What in a definition looks like a secret, and what does not."""

import pytest

from ensue.codec.build import build
from ensue.codec.secrets import secrets_in
from ensue.core.records import Campaign, Card

# Written in halves, so that nobody takes them for real ones.
TOKENS = ["sk_" + "live_" + "a1" * 12, "AKIA" + "ABCDEFGHIJKLMNOP", "-----BEGIN " + "PRIVATE KEY-----"]


def found(**webhook: object) -> list[str]:
    hook = {"url": "https://a.example", **webhook}
    campaign = build(Campaign, {"kind": "campaign", "id": "a", "channels": {"webhook": hook}})
    return [".".join(map(str, path)) for path, _ in secrets_in(campaign)]


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "api_key", "X-Auth-Token", "Cookie", "Client-Secret"])
def test_a_header_that_carries_a_secret_must_name_one(name: str) -> None:
    assert found(headers={name: "abc123"}) == [f"channels.webhook.headers.{name}"]
    assert found(headers={name: "Bearer abc{{ secret.crm_token }}"}) == [f"channels.webhook.headers.{name}"]
    assert found(headers={name: "Bearer {{ secret.crm_token }}"}) == []
    assert found(headers={name: "{% if ${vip} %}{{ secret.a }}{% else %}{{ secret.b }}{% endif %}"}) == []


@pytest.mark.parametrize("name", ["Content-Type", "Idempotency-Key", "X-Monkey", "Accept"])
def test_other_headers_are_free(name: str) -> None:
    assert found(headers={name: "abc123"}) == []


def test_an_address_carries_no_password_and_no_token() -> None:
    assert found(url="https://user:pass@a.example/") == ["channels.webhook.url"]
    assert found(url="https://a.example/?x=1&api_key=abc") == ["channels.webhook.url"]
    assert found(url="https://a.example/?token={{ secret.t }}&mail=a@b.example") == []


@pytest.mark.parametrize("token", TOKENS)
def test_keys_of_known_kinds_are_found_anywhere(token: str) -> None:
    assert found(body=f'{{"key": "{token}"}}') == ["channels.webhook.body"]
    assert [path for path, _ in secrets_in(Card(id="a", description=f"See {token}."))] == [("description",)]
