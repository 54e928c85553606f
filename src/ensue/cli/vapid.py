"""`ensue vapid`: a new key pair for web push."""

from rich.console import Console

from ensue.channels.vapid import new_key, public_key
from ensue.cli.printing import OK

console = Console(soft_wrap=True)


def vapid() -> int:
    """Make a key pair for web push and print it as the settings to use; nothing is kept.

    Browsers that subscribed with another key must subscribe again.
    """
    key = new_key()
    console.print(f"# public key: {public_key(key)}", highlight=False)
    console.print(f"ENSUE_VAPID_KEY={key}", highlight=False)
    console.print("ENSUE_VAPID_SUBJECT=mailto:you@shop.example", highlight=False)
    return OK
