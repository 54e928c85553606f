"""`ensue test`: the scenarios of a folder are the tests of the campaigns beside them (B5).

One rule: a scenario is given the folder's campaigns, cards and segments as they stand in their files; no Ensue runs.
"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ensue.bootstrap import RunnerName
from ensue.cli.printing import INVALID, OK, print_problems
from ensue.cli.simulating import run
from ensue.codec.folder import read_folder
from ensue.errors import Rejected, rejected


def run_tests(
    folder: Path, *, json: Annotated[bool, Parameter(negative="")] = False, runner: RunnerName = "simulated"
) -> int:
    """Run all scenarios of a folder on the campaigns, cards and segments that lie beside them.

    Exit code 0: everything as expected; 1: an expectation failed; 2: a file is invalid, or there is no scenario.

    Parameters
    ----------
    folder:
        The folder. What a scenario defines itself stands in place of what lies beside it.
    json:
        Print one decision a line as JSON instead.
    runner:
        `simulated` keeps everything in memory; `embedded` takes the way through SQLite and the real runner.

    """
    found = read_folder(folder)
    if not found.scenarios:
        hint = "Put files that begin with `kind: scenario` beside the campaigns."
        raise rejected("file", str(folder), "holds no scenario", hint)
    worst = OK
    for placed in found.scenarios:
        try:
            worst = max(worst, run(found.scenario(placed), runner, is_json=json))
        except Rejected as rejection:
            print_problems(rejection.problems, str(placed.file))
            worst = INVALID
    return worst
