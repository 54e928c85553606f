"""How the command line says things: exit codes and problems."""

from collections.abc import Iterable

from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from ensue.errors import Problem

OK, EXPECTED_FAILURE, INVALID = 0, 1, 2
"""Exit codes: as asked; done, but not as expected; the input is wrong or something is out of reach."""
errors = Console(stderr=True)


def print_problems(problems: Iterable[Problem], source: str = "") -> None:
    """Print problems on standard error, one a line, with their place."""
    for problem in problems:
        errors.print(Text(str(replace(problem, source=problem.source or source))), soft_wrap=True)
