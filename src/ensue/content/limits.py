"""What a template may use up while it is rendered: time, letters, passes through loops, space, requests.

One rule: whatever a template does is counted here, and stopped before it costs more than the limit.
A limit on time is on the processor's, so that a busy machine or a slow server of others is nobody's fault.
"""

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from inspect import signature
from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterArgumentError, LiquidError, ResourceLimitError
from liquid.output import LimitedStringIO
from liquid.token import Token
from liquid.utils import ReadOnlyChainMap

from ensue.content.fetching import Fetch

TEMPLATE = 1_000_000
"""Letters of a template."""
SECONDS = 2.0
"""Seconds of the processor."""
STEPS = 50
"""Steps after which the clock is looked at; filters look at it each time."""
LOOPS = 10_000
"""Passes through all loops together, and items of a list that a filter takes."""
OUTPUT = 2_000_000
"""Bytes that one template may write, and letters that a filter may make."""
NAMESPACE = 1_000_000
"""Bytes that its own variables may hold."""
DIGITS = 4096
"""Binary digits of a number that is calculated with."""
REQUESTS = 10
"""Requests to other servers."""


class Context(RenderContext):
    """One rendering: looks names up as campaign tools do, and counts."""

    def __init__(self, template: BoundTemplate, names: Mapping[str, object], fetch: Fetch) -> None:
        """Begin with nothing used up; other servers are asked by `fetch`."""
        super().__init__(template, globals=names)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)  # the library's own tells the time
        self._fetch = fetch
        self._requests = 0
        self._passes = 0
        self._steps = 0
        self._ends_at = time.thread_time() + SECONDS

    def get(self, path: list[object], *, token: Token | None, **options: Any) -> object:  # noqa: ANN401 - as the library has it
        """Find a value, which is a step."""
        self.step()
        return super().get(path, token=token, **options)

    def get_item(self, obj: Any, key: Any) -> Any:  # noqa: ANN401 - the library's signature
        """Find `a.b` as the key "a.b", or else as `b` within `a`: `event_properties.${original.name}`."""
        try:
            return super().get_item(obj, key)
        except KeyError:
            if not isinstance(key, str) or "." not in key:
                raise
        for part in key.split("."):
            obj = super().get_item(obj, part)
        return obj

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Return a buffer for a part of the output, which counts with the rest."""
        return _Buffer(self, OUTPUT - (buf.size if isinstance(buf, LimitedStringIO) else 0))

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return the filter, behind a check of what it takes and makes."""
        return partial(self._filtered, name, super().filter(name, token))

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Count the passes of a loop that begins."""
        self._passes += length
        if self._passes > LOOPS:
            raise _beyond(f"{LOOPS} passes through loops")

    def count_request(self) -> Fetch:
        """Return what asks another server, and count that it is asked."""
        self._requests += 1
        if self._requests > REQUESTS:
            raise _beyond(f"{REQUESTS} requests")
        return self._fetch

    def step(self) -> None:
        """Look at the time once in a while: a step is short, and the clock slow."""
        self._steps += 1
        if self._steps % STEPS == 0:
            self._look_at_the_time()

    def _look_at_the_time(self) -> None:
        """Stop what takes too long."""
        if time.thread_time() > self._ends_at:
            raise _beyond(f"{SECONDS:g} seconds")

    def _filtered(self, name: str, function: Callable[..., object], *values: object, **options: object) -> object:
        """Apply a filter to what is not too much; whatever it cannot take is a fault of its arguments."""
        self._look_at_the_time()
        for value in values:
            _check(value)
        _check_product(name, values)
        try:
            result = function(*values, **options)
        except LiquidError as error:
            if isinstance(error.__cause__, TypeError):
                raise FilterArgumentError(_misuse(name, function, values, error.__cause__), token=None) from error
            raise
        except Exception as error:  # a filter given nonsense must not bring delivery down
            raise FilterArgumentError(_misuse(name, function, values, error), token=None) from error
        _check_result(result)
        return result


class BoundedRange(RangeLiteral):
    """A range such as `(1..5)`, which a loop may make a list of before it counts."""

    __slots__ = ()

    def _make_range(self, start: Any, stop: Any) -> range:  # noqa: ANN401 - the library's signature
        made = super()._make_range(start, stop)
        if len(made) > LOOPS:
            raise ResourceLimitError(f"the range is beyond the limit of {LOOPS}", token=self.token)
        return made


class _Buffer(LimitedStringIO):
    """A part of the output; line breaks stay as they are."""

    def __init__(self, context: Context, limit: int) -> None:
        super().__init__(limit, newline="")
        self._context = context

    def write(self, text: str, /) -> int:
        self._context.step()
        return super().write(text)


def _misuse(name: str, function: Callable[..., object], values: tuple[object, ...], error: Exception) -> str:
    """Say what a filter cannot do with its values: most often there are too many of them, or too few."""
    wanted = [
        one
        for one in signature(function).parameters.values()
        if one.kind in {one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL}
    ][1:]
    least, most, given = sum(one.default is one.empty for one in wanted), len(wanted), len(values) - 1
    if least <= given <= most:
        return f"{name} cannot take this: {error}"
    numbers = str(most or "no") if least == most else f"{least} to {most}" if least else f"at most {most}"
    return f"{name} takes {numbers} value{'' if most == 1 else 's'} after it, not {given}"


def _beyond(what: str) -> ResourceLimitError:
    return ResourceLimitError(f"the template is beyond the limit of {what}", token=None)


def _check(value: object) -> None:
    """Refuse what no filter should be given."""
    if isinstance(value, (list, tuple, range)) and len(value) > LOOPS:
        raise ResourceLimitError(f"the list is beyond the limit of {LOOPS}", token=None)
    if isinstance(value, int) and value.bit_length() > DIGITS:
        raise ResourceLimitError(f"the number is beyond the limit of {DIGITS} binary digits", token=None)


def _check_product(name: str, values: tuple[object, ...]) -> None:
    """Refuse the filters whose result may be as large as two arguments multiplied."""
    if name not in {"join", "replace"} or len(values) < 2:  # noqa: PLR2004 - what is filtered, and an argument
        return
    pieces, filling = values[0], str(values[-1])
    if isinstance(pieces, (str, list, range)) and len(pieces) * len(filling) > OUTPUT:
        raise ResourceLimitError(f"the result is beyond the limit of {OUTPUT} letters", token=None)


def _check_result(value: object) -> None:
    if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > DIGITS):
        raise ResourceLimitError(f"the number is beyond the limit of {DIGITS} digits", token=None)
    left, found = OUTPUT, [value]
    while found:
        one = found.pop()
        left -= len(one) if isinstance(one, str) else 1
        if left < 0:
            raise ResourceLimitError(f"the result is beyond the limit of {OUTPUT} letters", token=None)
        if isinstance(one, (list, tuple)):  # the same long text may stand in it a thousand times
            found += one
