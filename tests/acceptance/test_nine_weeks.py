"""The nine weeks of the example: what the plan says is what SQL counts, and drafts are launched in the right order."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "nine_weeks.py"


def test_the_plan_names_exactly_the_users_that_sql_counts_and_drafts_go_follow_on_first() -> None:  # B1
    run = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    said = " ".join(run.stdout.split())
    planned = re.search(r"active since 2 Mar 2026, 09:00 UTC: ([\d,]+) users did this ([\d,]+) times", said)
    counted = re.search(r"counted by SQL over the log of events: (\d+) users", said)
    assert planned is not None
    assert counted is not None
    assert int(planned[1]) == int(counted[1]) > 100
    assert "launched marketing-clickers, marketing" in said
