"""What a rendered message looks like to a person: the same content that goes to the channel, as plain data.

One rule: it is read from what would be handed over, so nothing can be shown that would not be sent.
"""

from email import message_from_string, policy
from email.message import EmailMessage
from typing import assert_never

from ensue import parcels

_READ = ("Subject", "From", "To")
_FORM = ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")
"""How the bytes are made up, which nobody wants to know."""


def as_shown(content: parcels.Rendered) -> dict[str, object]:
    """Return an e-mail with its parts, the payload of a push or in-app message, or a request."""
    match content:
        case parcels.Email():
            return _email(content)
        case parcels.Push() | parcels.InApp():
            return dict(content.payload)
        case parcels.Request():
            return {
                "url": content.url,
                "method": content.method,
                "headers": dict(content.headers),
                "body": content.body,
            }
        case _:
            assert_never(content)


def _email(email: parcels.Email) -> dict[str, object]:
    # Read as text, because only then an address in other letters (RFC 6532) comes out as it is.
    text = email.content.decode("utf-8", "replace")
    message = message_from_string(text, policy=policy.default)
    return {
        "subject": str(message["Subject"]),
        "from": str(message["From"]),
        "to": email.recipient,
        "html": _body(message, "html"),
        "text": _body(message, "plain"),
        "headers": {name: str(value) for name, value in message.items() if name not in (*_READ, *_FORM)},
    }


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())
