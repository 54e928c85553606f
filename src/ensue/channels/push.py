"""Push: one message to all devices of a user, each by the service of its platform.

One rule (R1): accepted once one device accepted (`answers`).
A platform that is not set up is a passing fault: its messages wait, as those of a channel that is not set up.
"""

from collections.abc import Mapping
from itertools import groupby

from msgspec.structs import replace

from ensue.channels.answers import combined, passing, push_of
from ensue.parcels import Handed, Parcel
from ensue.ports import Transport

PLATFORMS: dict[str, tuple[str, str]] = {
    "web": ("browsers", "ENSUE_VAPID_KEY"),
    "android": ("Android", "ENSUE_FCM_CREDENTIALS"),
    "ios": ("iOS", "ENSUE_APNS_KEY"),
}
"""What a platform is called, and the setting that sets it up."""


class PushTransport:
    """Divides a message among the platforms."""

    def __init__(self, carriers: Mapping[str, Transport]) -> None:
        """Hand to these carriers, by platform; each gets a parcel with its own devices only."""
        self._carriers = carriers

    def send(self, parcel: Parcel) -> Handed:
        """Hand a push message over; anything else is a bug."""
        push = push_of(parcel)
        devices = sorted(push.devices.items(), key=lambda device: device[1])
        return combined(
            self._to_platform(platform, replace(parcel, content=replace(push, devices=dict(own))))
            for platform, own in groupby(devices, key=lambda device: device[1])
        )

    def close(self) -> None:
        """Close what the carriers keep."""
        for carrier in self._carriers.values():
            carrier.close()

    def _to_platform(self, platform: str, parcel: Parcel) -> Handed:
        carrier = self._carriers.get(platform)
        if carrier is not None:
            return carrier.send(parcel)
        name, setting = PLATFORMS.get(platform, (platform, ""))
        return passing(f"push to {name} is not set up: {setting} is missing")
