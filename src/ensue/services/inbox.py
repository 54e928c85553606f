"""What lies ready for a user, as far as it is to be shown, and how open pages learn of it.

One rule: a message is shown while its campaign is active, and does not come back with a resume; tests are always shown.
Not here: how messages are kept (`ensue.inbox`), and how they get there (`channels.inbox`).
"""

from ensue.inbox import Ready
from ensue.parcels import Parcel
from ensue.ports import Runner
from ensue.services.hub import Hub
from ensue.services.messaging import is_test


class Inboxes:
    """The inboxes of all users."""

    def __init__(self, runner: Runner, hub: Hub) -> None:
        """Look into this runner's store."""
        self._runner = runner
        self._hub = hub

    def of(self, user: str) -> list[Ready]:
        """Return what is to be shown to a user, the oldest first."""
        found = self._runner.read(lambda store: store.inbox.of(user))
        return [ready for ready in found if self.is_shown(ready)]

    def is_shown(self, ready: Ready) -> bool:
        """Say whether the message's campaign is active, and was so without a break since it was made."""
        if is_test(ready.message):
            return True
        launched = self._runner.plan.campaigns.get(ready.campaign)
        return launched is not None and launched.status == "active" and ready.made_at >= launched.active_since

    def tell(self, parcel: Parcel) -> None:
        """Tell the user's open pages of a message that lies ready now; of other channels nothing."""
        if parcel.channel != "in_app_message":
            return
        ready = self._runner.read(lambda store: store.inbox.find(parcel.id))
        if ready is not None:
            self._hub.tell(ready.user, ready)

    def forget_test(self, user: str, message: str) -> None:
        """Take a test message out: it was seen, which is not recorded."""
        ready = self._runner.read(lambda store: store.inbox.find(message))
        if ready is not None and ready.user == user and is_test(message):
            self._runner.write(lambda store: store.inbox.remove(message))
