"""Nine weeks of marketing, three of them over: whom a follow-on would miss that is launched only now.

    python examples/nine_weeks.py

One rule: who clicks, and when, follows from numbers on a virtual clock; what is printed comes from `ensue launch`.
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ensue.cli.launching import launch
from ensue.codec.yaml import load_documents
from ensue.config import Settings
from ensue.core.records import Campaign
from ensue.runners.clock import VirtualClock
from ensue.services.tracking import Reported
from ensue.serving import Served, serving

CAMPAIGNS = Path(__file__).parent / "campaigns"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = 600
DAYS = 21
COUNTED = """
select count(distinct user)
from events
where kind = 'campaign_interacted'
  and json_extract(body, '$.campaign') = 'marketing'
  and json_extract(body, '$.interaction') = 'click_email'
  and json_extract(body, '$.link') = 'lamps'
  and json_extract(body, '$.at') >= '2026-03-02T09:00:00Z'
"""


def main() -> int:
    """Show both: the original live for three weeks, and both as drafts."""
    console = Console()
    with TemporaryDirectory(prefix="ensue-") as folder:
        console.rule("the original has been live for three weeks")
        live(Path(folder) / "live.db", console)
        console.rule("both are drafts")
        drafts(Path(folder) / "drafts.db")
    return 0


def live(database: Path, console: Console) -> None:
    """Launch the original, let three weeks pass, and print the plan of the follow-on beside a count by SQL."""
    clock = VirtualClock(START - timedelta(days=1))
    with running(database, clock) as served:
        served.site.people.put([(f"user-{number}", {}) for number in range(PEOPLE)])
        click(served, 0, range(5))  # a day before the launch: nobody could have missed that
        clock.set(START)
        served.site.launching.move("launch", ["marketing"])
        for day in range(DAYS):
            clock.set(START + timedelta(days=day, hours=1))
            click(served, day, range(day * 7, PEOPLE, 41))
        clock.set(START + timedelta(days=DAYS))
        launch("marketing-clickers", plan=True)
    with closing(sqlite3.connect(database)) as connection:
        (users,) = connection.execute(COUNTED).fetchone()
    console.print(f"counted by SQL over the log of events: {users} users", highlight=False)


def drafts(database: Path) -> None:
    """Launch both together, named in the wrong order."""
    with running(database, VirtualClock(START)):
        launch("marketing", "marketing-clickers", plan=True)
        launch("marketing", "marketing-clickers")


@contextmanager
def running(database: Path, clock: VirtualClock) -> Iterator[Served]:
    """Serve an Ensue that holds both campaigns as drafts, where the command line finds it."""
    os.environ["ENSUE_DATABASE"] = f"sqlite:///{database}"
    with serving(Settings(database=database, port=0), clock) as served:
        thread = threading.Thread(target=served.server.serve)
        thread.start()
        try:
            for name in ("marketing", "marketing-clickers"):
                (one,) = load_documents((CAMPAIGNS / f"{name}.yaml").read_text(encoding="utf-8"), name)
                if isinstance(one, Campaign):
                    served.site.definitions.save_campaign(one)
            yield served
        finally:
            served.server.stop()
            thread.join()


def click(served: Served, day: int, people: range) -> None:
    """Let people follow a link; some to the lamps twice a day, every third to the other one."""
    served.site.tracking.report(
        [
            Reported(
                user=f"user-{number}",
                interaction="click_email",
                campaign="marketing",
                link="visit" if number % 3 == 0 else "lamps",
                id=f"{day}-{number}-{place}",
            )
            for number in people
            for place in range(1 + number % 2)
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
