"""The state of a user as bytes, and what of it can be searched.

One rule: the first byte tells how the rest is written, so a later version can read what an earlier one wrote.
Not here: what a state means (`core.state`).
"""

import msgspec

from ensue.core.state import UserState

PACKED = b"\x01"
"""MessagePack, fields by place."""
TEXTUAL = b"\x02"
"""JSON, fields by place: for whole numbers beyond 64 bits, which MessagePack does not know."""

_packer = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(UserState).decode
_writer = msgspec.json.Encoder()
_read = msgspec.json.Decoder(UserState).decode


def encode_state(state: UserState) -> bytes:
    """Return the state as bytes."""
    try:
        return PACKED + _packer.encode(state)
    except OverflowError:
        return TEXTUAL + _writer.encode(state)


def decode_state(blob: bytes) -> UserState:
    """Return the state that was written; ValueError for a way of writing that is not known."""
    match blob[:1]:
        case b"\x01":
            return _unpack(memoryview(blob)[1:])
        case b"\x02":
            return _read(memoryview(blob)[1:])
        case other:
            message = f"a state is written in an unknown way: {other!r}"
            raise ValueError(message)


def address_of(state: UserState) -> str | None:
    """Return the e-mail address as it is searched, without regard to case."""
    return lowered(state.attributes.get("email"))


def lowered(address: object) -> str | None:
    """Return an address in lower case, `None` for what is no address."""
    return address.lower() if isinstance(address, str) and address else None


def zone_of(state: UserState) -> str:
    """Return the attribute `time_zone`; "" where it is missing, not a text, or a text that no zone can be called."""
    zone = state.attributes.get("time_zone")
    return zone if isinstance(zone, str) and "\0" not in zone else ""
