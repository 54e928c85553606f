"""Delivery: claims messages of the outbox, renders them, hands them to their channels and reports the answers.

One rule: an answer is recorded right after it came, message by message, so that a crash repeats at most what was in
the air at that moment, under the same message id (O5).
"""

import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Literal

import structlog

from ensue.content.liquid import Aborted, TemplateFault
from ensue.core.events import Accepted, Failed, PushUnregistered
from ensue.core.retrying import is_over, next_attempt_at
from ensue.errors import Unavailable
from ensue.parcels import Handed, Parcel
from ensue.ports import Claim, Clock, Runner, Transport

MINUTE = timedelta(minutes=1)
MOST_QUESTIONS = 5
"""How often a message waits for the answer of a server that its template insists on."""
log = structlog.get_logger(__name__)

Render = Callable[[Claim], Parcel]
Carriers = Callable[[], Mapping[str, Transport]]
"""Makes the transports of one thread, by channel."""
Delivered = Callable[[Parcel], None]
"""Told of each parcel whose acceptance is durable."""
Failure = Literal["aborted", "template_error", "delivery_failed", "rate_limited"]


class Delivery:
    """Hands messages over, in as many threads as asked for; each has its own connections."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        *,
        carriers: Carriers,
        render: Render,
        is_paced: bool = True,
        delivered: Delivered | None = None,
    ) -> None:
        """Begin with nothing claimed; `is_paced` keeps the campaigns' rate limits."""
        self._delivered = delivered
        self._runner = runner
        self._clock = clock
        self._render = render
        self._carriers = carriers
        self._own = threading.local()
        self._opened: list[Mapping[str, Transport]] = []
        self._pace = Pace()
        self._is_paced = is_paced

    def run_once(self, limit: int = 100, pool: ThreadPoolExecutor | None = None) -> int:
        """Claim up to `limit` messages and hand them over; return how many were claimed."""
        limits = self._runner.plan.rate_limits if self._is_paced else {}
        claims = self._runner.claim(limit, quotas=self._pace.quotas(limits, self._clock.now()))
        self._pace.took((claim.queued.message.campaign for claim in claims), limits, self._clock.now())
        deliveries = map(self._deliver, claims) if pool is None else pool.map(self._deliver, claims)
        return sum(1 for _ in deliveries)

    def close(self) -> None:
        """Close all connections."""
        for transports in self._opened:
            for transport in transports.values():
                transport.close()
        self._opened.clear()

    def _deliver(self, claim: Claim) -> None:
        message, now = claim.queued.message, self._clock.now()
        if is_over(message.created_at, now):
            never_tried = claim.queued.attempts == 0
            self._failed(claim, "rate_limited" if never_tried else "delivery_failed", "72 hours have passed")
            return
        try:
            parcel = self._render(claim)
        except Aborted as aborted:
            self._failed(claim, "aborted", str(aborted))
        except TemplateFault as fault:
            self._failed(claim, "template_error", str(fault))
        except Unavailable as fault:
            self._wait(claim, str(fault))
        else:
            self._hand_over(claim, parcel)

    def _wait(self, claim: Claim, why: str) -> None:
        """Try again later what a template insists on asking for, and give it up in the end."""
        if claim.queued.attempts >= MOST_QUESTIONS:
            self._failed(claim, "aborted", why)
        else:
            self._runner.defer(claim, next_attempt_at(claim.queued.attempts + 1, self._clock.now()))

    def _hand_over(self, claim: Claim, parcel: Parcel) -> None:
        transport = self._transports().get(parcel.channel)
        handed = transport.send(parcel) if transport else Handed(result="passing", detail="the channel is not set up")
        log.debug("handed over", message=parcel.id, result=handed.result, detail=handed.detail)
        if handed.gone:
            self._unregister(claim, handed.gone)
        match handed.result:
            case "accepted":
                message, now = claim.queued.message, self._clock.now()
                self._runner.submit(
                    [
                        Accepted(
                            id="", user=message.user, at=now, received_at=now, entry=message.entry, message=message.id
                        )
                    ]
                )
                if self._delivered is not None:
                    self._delivered(parcel)
            case "permanent":
                self._failed(claim, "delivery_failed", handed.detail)
            case "passing":
                now = self._clock.now()
                self._runner.defer(claim, next_attempt_at(claim.queued.attempts + 1, now))

    def _unregister(self, claim: Claim, tokens: Iterable[str]) -> None:
        """Forget devices that their service does not know any more; the same ones again change nothing."""
        message, now = claim.queued.message, self._clock.now()
        self._runner.submit(
            [
                PushUnregistered(
                    id=f"{message.id}:gone:{hashlib.sha256(token.encode()).hexdigest()[:16]}",
                    user=message.user,
                    at=now,
                    received_at=now,
                    token=token,
                )
                for token in tokens
            ]
        )

    def _failed(self, claim: Claim, reason: Failure, detail: str) -> None:
        message, now = claim.queued.message, self._clock.now()
        event = Failed(
            id="",
            user=message.user,
            at=now,
            received_at=now,
            entry=message.entry,
            message=message.id,
            reason=reason,
            detail=detail,
        )
        self._runner.submit([event])

    def _transports(self) -> Mapping[str, Transport]:
        if not hasattr(self._own, "transports"):
            self._own.transports = self._carriers()
            self._opened.append(self._own.transports)
        transports: Mapping[str, Transport] = self._own.transports
        return transports


class Pace:
    """How many messages of rate-limited campaigns went in the last minute (S10)."""

    def __init__(self) -> None:
        """Begin with none."""
        self._times: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def quotas(self, limits: Mapping[str, int], now: datetime) -> dict[str, int]:
        """Return how many more may go now."""
        for campaign in limits:
            times = self._times[campaign]
            while times and times[0] <= now - MINUTE:
                times.popleft()
        return {campaign: limit - len(self._times[campaign]) for campaign, limit in limits.items()}

    def took(self, campaigns: Iterable[str], limits: Mapping[str, int], now: datetime) -> None:
        """Note that messages of these campaigns go now."""
        for campaign in campaigns:
            if campaign in limits:
                self._times[campaign].append(now)
