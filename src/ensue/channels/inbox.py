"""The channel of in-app messages: they lie ready in the user's inbox until a page or app shows them.

One rule: accepted means durable; the same message again changes nothing, also after it was seen (O5).
"""

from collections.abc import Callable

from ensue.errors import Unavailable
from ensue.inbox import Ready
from ensue.parcels import Handed, InApp, Parcel
from ensue.ports import Clock, Runner, Store


def _nobody(_: Parcel) -> None:
    """Tell nobody."""


class InboxTransport:
    """Puts messages into inboxes; `told` is called with each that lies there now."""

    def __init__(self, runner: Runner, clock: Clock, told: Callable[[Parcel], None] = _nobody) -> None:
        """Put into the runner's store."""
        self._runner = runner
        self._clock = clock
        self._told = told

    def send(self, parcel: Parcel) -> Handed:
        """Put a message into its user's inbox."""
        content = parcel.content
        if not isinstance(content, InApp):
            return Handed(result="permanent", detail="is no in-app message")
        try:
            self._runner.write(lambda store: store.inbox.put(self._ready(store, parcel, content)))
        except Unavailable as error:
            return Handed(result="passing", detail=str(error))
        self._told(parcel)
        return Handed(result="accepted")

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _ready(self, store: Store, parcel: Parcel, content: InApp) -> Ready:
        """Return what is kept; a test is made now, for it was decided by nobody."""
        message = store.ledger.find_message(parcel.id)
        return Ready(
            message=parcel.id,
            user=content.user,
            campaign=str(content.payload.get("campaign", "")),
            made_at=message.created_at if message else self._clock.now(),
            payload=content.payload,
        )
