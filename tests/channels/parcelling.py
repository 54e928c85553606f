"""Parcels for tests of channels, and a clock that stands."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ensue.parcels import Parcel, Push, Request

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def push_parcel(devices: Mapping[str, str], number: int = 1, **more: object) -> Parcel:
    payload: dict[str, object] = {
        "message": f"e{number}.push",
        "campaign": "hello",
        "title": f"Hello {number}",
        "body": "How are you?",
        "tap": "https://news.shop.example/p/token",
        **more,
    }
    content = Push(devices=dict(devices), payload=payload, time_to_live=3600)
    return Parcel(id=f"e{number}.push", channel="push", content=content)


def webhook_parcel(url: str, number: int = 1, method: str = "POST", **headers: str) -> Parcel:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    content = Request(url=url, method=method, headers=named, body=f'{{"greeting": "Hello {number} ü"}}')
    return Parcel(id=f"e{number}.webhook", channel="webhook", content=content)
