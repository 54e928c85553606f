"""The command line: `ensue …`.

One rule: a command's module is loaded when the command is called, so that each starts as quickly as it can.
"""

import logging
import sys
import zoneinfo

import structlog
from cyclopts import App

from ensue.cli.printing import INVALID, errors, print_problems
from ensue.errors import Rejected, Unavailable

app = App(name="ensue", help="Campaigns that follow from what people did with other campaigns.")
app.command("ensue.cli.serving:serve", name="serve")
app.command("ensue.cli.serving:demo", name="demo")
app.command("ensue.cli.simulating:simulate", name="simulate")
app.command("ensue.cli.simulating:print_schema", name="schema")
app.command("ensue.cli.testing:run_tests", name="test")
app.command("ensue.cli.code:pull", name="pull")
app.command("ensue.cli.code:diff", name="diff")
app.command("ensue.cli.code:push", name=["push", "apply"])
app.command("ensue.cli.launching:launch", name="launch")
app.command("ensue.cli.managing:status", name="status")
app.command("ensue.cli.managing:users", name="users")
app.command("ensue.cli.managing:keys", name="keys")
app.command("ensue.cli.apps:apps", name="apps")
app.command("ensue.cli.operators:operators", name="operators")
app.command("ensue.cli.backtesting:backtest", name="backtest")
app.command("ensue.cli.vapid:vapid", name="vapid")
app.command("ensue.cli.interactions:interactions", name="interactions")


def main() -> None:
    """Run the command that the arguments ask for."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),  # no local variables
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    zoneinfo.reset_tzpath(())  # the time zones of the tzdata package, the same on every machine (O4)
    try:
        app()
    except Rejected as rejection:
        print_problems(rejection.problems)
        sys.exit(INVALID)
    except Unavailable as unavailable:
        errors.print(str(unavailable), style="red")
        sys.exit(INVALID)
