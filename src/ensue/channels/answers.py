"""What the answers of several devices come to.

One rule (R1): one acceptance is an acceptance, and nothing is tried again after it, so that nobody gets a message
twice. Without one, a passing fault is worth another try; otherwise the refusal is permanent, in the services' words.
"""

from collections.abc import Callable, Iterable

from ensue.parcels import Handed, Parcel, Push

ACCEPTED = Handed(result="accepted")
LONGEST_DETAIL = 500
NO_DEVICE = Handed(result="permanent", detail="the user has no device that push messages go to")


def passing(detail: str) -> Handed:
    """Return an answer that is worth another try."""
    return Handed(result="passing", detail=detail[:LONGEST_DETAIL])


def permanent(detail: str) -> Handed:
    """Return a refusal for good."""
    return Handed(result="permanent", detail=detail[:LONGEST_DETAIL])


def gone(token: str, detail: str) -> Handed:
    """Return the answer of a service that does not know the device any more."""
    return Handed(result="permanent", detail=detail[:LONGEST_DETAIL], gone=(token,))


def combined(answers: Iterable[Handed]) -> Handed:
    """Return what the answers of several devices come to."""
    found = list(answers)
    if not found:
        return NO_DEVICE
    results = {answer.result for answer in found}
    result = next(one for one in ("accepted", "passing", "permanent") if one in results)
    return Handed(
        result=result,
        detail="; ".join(dict.fromkeys(answer.detail for answer in found if answer.detail))[:LONGEST_DETAIL],
        gone=tuple(token for answer in found for token in answer.gone),
    )


def push_of(parcel: Parcel) -> Push:
    """Return the push message of a parcel; anything else is a bug."""
    if not isinstance(parcel.content, Push):
        raise TypeError(f"no push message but {type(parcel.content).__name__}")
    return parcel.content


def to_each_device(push: Push, hand_over: Callable[[str], Handed]) -> Handed:
    """Hand a push message over to one device after the other, whatever the others answer."""
    return combined([hand_over(token) for token in push.devices])


def readable(words: bytes | str) -> str:
    """Return a service's words on one line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:LONGEST_DETAIL]
