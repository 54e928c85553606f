"""A channel that answers at once and delivers nothing: for simulations and tests.

One rule: it gives the answer it was told to give, and remembers what it got.
"""

from collections import deque

from ensue.parcels import Handed, Parcel

ACCEPTED = Handed(result="accepted")


class SimulatedTransport:
    """Takes every parcel and gives the same answer to each; remembers the last `keep` of them (`None`: all)."""

    def __init__(self, *, answer: Handed = ACCEPTED, keep: int | None = 1000) -> None:
        """Begin with nothing received."""
        self.answer = answer
        self._parcels: deque[Parcel] = deque(maxlen=keep)

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Return what was received, the oldest first."""
        return tuple(self._parcels)

    def send(self, parcel: Parcel) -> Handed:
        """Remember it and answer."""
        self._parcels.append(parcel)
        return self.answer

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
