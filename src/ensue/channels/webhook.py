"""Webhooks: a signed request to somebody's server, and what the answer means.

One rule: 2xx is acceptance; what the server may say otherwise in a minute (408, 425, 429, 5xx, no answer) is passing;
every other answer, a redirect too, is permanent.

Requests are signed as the Standard Webhooks say: `webhook-id` is the message's id, the same at every attempt (O5), so
that the receiver can tell a repetition.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus

import msgspec
from standardwebhooks import Webhook

from ensue.channels.answers import ACCEPTED, passing, permanent, readable
from ensue.channels.outbound import Answer, Outbound
from ensue.parcels import Handed, Parcel, Request

PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class WebhookTransport:
    """Makes the requests of webhooks; `now` tells the real time, which receivers compare with their own."""

    def __init__(self, outbound: Outbound, secret: str, now: Callable[[], datetime]) -> None:
        """Sign with `secret`, written as in `whsec_…`."""
        self._outbound = outbound
        self._signer = Webhook(secret)
        self._now = now

    def send(self, parcel: Parcel) -> Handed:
        """Make the request; anything but a webhook is a bug."""
        request = parcel.content
        if not isinstance(request, Request):
            raise TypeError(f"no webhook but {type(request).__name__}")
        body = request.body or ""
        headers = {**_kind(request), **request.headers, **self._signature(parcel.id, body)}
        answer = self._outbound.ask(request.method, request.url, headers, body.encode())
        return verdict(answer) if isinstance(answer, Answer) else answer

    def close(self) -> None:
        """Close kept connections."""
        self._outbound.close()

    def _signature(self, message: str, body: str) -> dict[str, str]:
        now = self._now()
        return {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message, now, body),
        }


def verdict(answer: Answer) -> Handed:
    """Return what an answer means."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return ACCEPTED
    words = f"the server answered {status} {readable(answer.body)}".rstrip()
    is_passing = status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return passing(words) if is_passing else permanent(words)


def _kind(request: Request) -> Mapping[str, str]:
    """Return the type of the body, where the campaign does not say it."""
    if request.body is None or any(name.lower() == "content-type" for name in request.headers):
        return {}
    try:
        msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return {"Content-Type": "text/plain; charset=utf-8"}
    return {"Content-Type": "application/json"}
