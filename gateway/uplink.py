"""The uplink: sends sealed batches to the ledger until it has a receipt for each. The only network client.

Decides what an answer means (docs/format.md §5): a receipt acknowledges; *retry* waits and sends the same bytes again;
*stop* ends this stream, loudly, and leaves the others alone; *reseal* needs a person. It never changes a batch.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import msgspec
import structlog
import urllib3

from gateway import tls
from gateway.config import UplinkSettings
from gateway.outbox import Outbox, OutboxError, Sealed
from gateway.pulse import Pulse
from ledger.core import held, tiles
from ledger.core.errors import Refused

BATCHES_PATH = "/v1/batches"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
STUCK_SECONDS = 900.0
"""A look at the ledger may ask for many tiles, each of which may take its whole time."""
_MAX_ANSWER_BYTES = 64 * 1024
_MAX_PUBLISHED_BYTES = tiles.WIDTH * (tiles.MAX_ENTRY_BYTES + 2)
"""Of the largest bundle that a log can publish (c2sp.org/tlog-tiles)."""

# What each status asks for where the problem document does not say; format.md lists them.
_STOPS = {400, 409, 413, 422, 423}
_RESEALS = {421}
_UNAVAILABLE, _HISTORY = 503, "history"
_OF_A_CERTIFICATE = {400, 403, 495, 496}
"""With which proxies refuse who shows no certificate, or one that they do not believe, once the connection stands."""
_NEW_KEY = (
    "It goes on with a new key (`xuemai gateway enroll` once keys/gateway.key is moved away), the next gateway.epoch, "
    "and `xuemai gateway carry-over`"
)
_log = structlog.get_logger("uplink")

Advice: TypeAlias = Literal["retry", "stop", "reseal"]


class _Head(msgspec.Struct, frozen=True):
    stream: str = ""
    last_seq: int = -1
    previous: str = ""


class _Problem(msgspec.Struct, frozen=True):
    """An `application/problem+json`, as far as it concerns a gateway."""

    detail: str = ""
    reason: str = ""
    step: str = ""
    retry: str = ""
    head: _Head | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status and the body."""

    status: int
    body: bytes


Post: TypeAlias = Callable[[bytes], Answer]
"""Sends one batch. Raises `Unreachable` when there is no answer."""


class Unreachable(Exception):  # noqa: N818 - a state of the world, told as such
    """No answer: the network, the name or the server."""


class Untrusted(Unreachable):
    """No answer, because one side does not believe the other's certificate; the text says why and what to do."""


Get: TypeAlias = Callable[[str], Answer]
"""Asks for what the log publishes, by its path. Raises `Unreachable` when there is no answer."""


class Sentinel(Protocol):
    """Who looks, between two batches, whether the ledger still says what it said."""

    def look_if_due(self) -> bool:
        """Look, if it is time; whether it was, and the ledger showed what is pinned.

        Raises:
            OutboxError: what was found could not be kept.
        """


def connect(settings: UplinkSettings, shown: tls.Shown | None = None) -> urllib3.PoolManager:
    """Kept connections to the ledger, over HTTP or HTTPS with the configured CA; `shown`: see `tls.Shown`.

    Raises:
        ConfigError: the CA file, or the gateway's own certificate, cannot be used.
    """
    return urllib3.PoolManager(
        num_pools=1,
        maxsize=1,
        retries=False,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        ssl_context=tls.context(settings, shown),
    )


Dated: TypeAlias = Callable[[str | None], None]
"""Hears the `Date` of each answer to a batch: what is published may come from a cache, with the date of another day."""


def http_post(
    settings: UplinkSettings,
    pool: urllib3.PoolManager,
    present: Callable[[], str] = lambda: "",
    dated: Dated = lambda _date: None,
) -> Post:
    """A `Post` that presents, with each batch, what is held of the ledger."""
    address = settings.url + BATCHES_PATH

    def post(wire: bytes) -> Answer:
        headers = {"Content-Type": "application/x-ndjson", **_held(present())}
        try:
            response = pool.request("POST", address, body=wire, headers=headers, redirect=False)
            dated(response.headers.get("Date"))
            return Answer(response.status, response.data[:_MAX_ANSWER_BYTES])
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(error, settings) from error

    return post


def http_get(settings: UplinkSettings, pool: urllib3.PoolManager, present: Callable[[], str] = lambda: "") -> Get:
    """A `Get` that presents what is held of the ledger; of an answer, no more is read than a bundle may hold."""

    def get(path: str) -> Answer:
        try:
            response = pool.request(
                "GET", settings.url + path, headers=_held(present()), redirect=False, preload_content=False
            )
            body = response.read(_MAX_PUBLISHED_BYTES + 1)
            if len(body) > _MAX_PUBLISHED_BYTES:
                response.close()
                raise Unreachable(f"expected at most {_MAX_PUBLISHED_BYTES} bytes of {path}, got more")
            response.release_conn()
            return Answer(response.status, body)
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(error, settings) from error

    return get


def _unreachable(error: urllib3.exceptions.HTTPError, settings: UplinkSettings) -> Unreachable:
    distrust = tls.distrust(error, settings)
    return Untrusted(distrust) if distrust else Unreachable(str(error))


def _held(value: str) -> dict[str, str]:
    return {held.HEADER: value} if value else {}


@dataclass(slots=True)
class Uplink:
    """Sends what waits, oldest custody first, and learns from the answers. `run` is a thread's work.

    Attributes:
        outbox: where batches wait.
        post: see `Post`.
        jitter: a number from 0 to 1, so that gateways that lost one ledger do not come back in step.
        sentinel: looks after the ledger between two batches; None: nobody does.
        last_error: why the last attempt failed; empty: it did not.
        reachable: whether the ledger answered last.
        distrust: why its certificate, or ours, is not believed; empty while it is.
        standstill: see `standstill_of`; as it last answered.
        pulse: see `Pulse`.
    """

    outbox: Outbox
    post: Post
    jitter: Callable[[], float] = random.random
    sentinel: Sentinel | None = None
    last_error: str = ""
    reachable: bool = False
    distrust: str = ""
    standstill: str = ""
    pulse: Pulse = field(default_factory=lambda: Pulse(STUCK_SECONDS))
    _failures: int = 0
    _wake: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send until `end` is called."""
        while not self._ended.is_set():
            self.pulse.beat(self.outbox.clock.monotonic())
            self._rest(self._turn())
        self.pulse.stop()

    def wake(self) -> None:
        """A batch was sealed. During a back-off it waits its turn."""
        if self._failures == 0:
            self._wake.set()

    def end(self) -> None:
        """Let `run` return after the request under way."""
        self._ended.set()
        self._wake.set()

    def send_next(self) -> Literal["nothing", "sent", "stopped", "retry"]:
        """Send the batch that is next, once.

        Raises:
            OutboxError: the receipt could not be kept; the batch counts as unsent.
        """
        sealed = None if self.outbox.ledger.refusal() is not None else self.outbox.next_batch()
        if sealed is None:
            return "nothing"
        try:
            answer = self.post(sealed.wire)
        except Unreachable as error:
            self.reachable = False
            self.distrust = str(error) if isinstance(error, Untrusted) else ""
            self._fail(self.distrust or f"no answer: {error}", sealed)
            return "retry"
        self.reachable, self.distrust, self.standstill = True, "", standstill_of(answer)
        return self._learn(sealed, answer)

    def _turn(self) -> float:
        self._look()
        try:
            outcome = self.send_next()
        except OutboxError as error:
            outcome = "retry"
            self.last_error = str(error)
            _log.critical("outbox", reason=str(error))
        if outcome == "retry":
            self._failures += 1
            longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * float(1 << min(self._failures - 1, 10)))
            return longest * (0.5 + self.jitter() / 2)
        self._failures = 0
        return 1.0 if outcome == "nothing" else 0.0

    def _rest(self, wait_seconds: float) -> None:
        """Wait, and go on looking after the ledger: one that is well again need not wait for the end of a back-off."""
        give_up_at = self.outbox.clock.monotonic() + wait_seconds
        while (left_seconds := give_up_at - self.outbox.clock.monotonic()) > 0 and not self._ended.is_set():
            self.pulse.beat(self.outbox.clock.monotonic())
            if self._wake.wait(min(left_seconds, 1.0)):
                self._wake.clear()
                return
            if self._look() and self._failures:
                return

    def _look(self) -> bool:
        if self.sentinel is None:
            return False
        try:
            looked = self.sentinel.look_if_due()
        except OutboxError as error:
            self.last_error = str(error)
            _log.critical("outbox", reason=str(error))
            return False
        # A gateway with nothing to send, or whose streams are stopped, hears from the ledger in this way alone.
        self.reachable = self.reachable or looked
        return looked

    def _learn(self, sealed: Sealed, answer: Answer) -> Literal["sent", "stopped", "retry"]:
        if answer.status == 200:
            refused = self.outbox.acknowledge(sealed, answer.body)
            if refused is None:
                self.last_error = ""
                return "sent"
            return self._not_a_receipt(sealed, refused)
        problem = _problem(answer.body)
        told = told_by(answer)
        if problem.step == "chain" and problem.head is not None:
            # The ledger asks to go on from its head. Whether that head can be right, only our receipts tell.
            return self._stop(sealed, f"{answer.status} chain: {self._chain_reason(sealed, problem.head)}")
        advice = _advice(answer.status, problem)
        if advice == "retry":
            self._fail(refused_by(answer), sealed)
            return "retry"
        if problem.step == "key":
            told = f"{told}. {_NEW_KEY}"
        if advice == "reseal":
            told = f"the ledger answers for another origin ({told}): set gateway.origin and open a new outbox"
        return self._stop(sealed, f"{answer.status} {problem.step}: {told}")

    def _not_a_receipt(self, sealed: Sealed, refused: Refused) -> Literal["stopped", "retry"]:
        if refused.step == "rollback":
            return self._stop(sealed, f"the ledger fell behind its own receipts: {refused.reason}")
        # A proxy's page or a half-written answer may stand where a receipt should: the same bytes may be sent again.
        self._fail(f"no receipt: {refused.reason}", sealed)
        return "retry"

    def _chain_reason(self, sealed: Sealed, head: _Head) -> str:
        """Why a chain conflict cannot heal by itself.

        Batches go in order, one at a time, each only after the receipt for the one before. So a head behind the pinned
        receipt means that the ledger lost what it had vouched for; a head ahead means that another outbox spoke under
        this name, or that this one was restored from a copy. Both are for a person to judge.
        """
        pinned = self.outbox.ledger.acknowledged_seq(sealed.stream)
        if head.last_seq < pinned:
            return (
                f"the ledger is at event {head.last_seq} but gave a receipt for {pinned}: it lost history. Its "
                "operator must restore it; nothing is re-sent until a person resumes this stream"
            )
        if head.last_seq >= sealed.first:
            return (
                f"the ledger already has events up to {head.last_seq} of this stream and they are not these: another "
                "gateway uses this name, or this outbox was restored from a copy. Resume on a new epoch"
            )
        return f"the ledger's last event {head.last_seq} of this stream has another hash: resume on a new epoch"

    def _stop(self, sealed: Sealed, reason: str) -> Literal["stopped"]:
        self.outbox.stop(sealed.stream, reason)
        self.last_error = reason
        _log.critical("stream stopped", stream=sealed.stream, first=sealed.first, reason=reason)
        return "stopped"

    def _fail(self, reason: str, sealed: Sealed) -> None:
        self.last_error = reason
        _log.warning("will retry", stream=sealed.stream, first=sealed.first, reason=reason)


def told_by(answer: Answer) -> str:
    """What an answer that is no success says, in words."""
    problem = _problem(answer.body)
    return problem.detail or problem.reason or f"HTTP {answer.status}"


def refused_by(answer: Answer) -> str:
    """Why a batch was not taken: by the ledger, with its step, or by a proxy on the way, which knows none."""
    step, told = _problem(answer.body).step, told_by(answer)
    if step:
        return f"{answer.status} {step}: {told}"
    if answer.status not in _OF_A_CERTIFICATE:
        return told
    return f"{told}, from a proxy and not from the ledger: if it asks for certificates, {tls.OWN_IS_ASKED_FOR}"


def standstill_of(answer: Answer) -> str:
    """Why the ledger stands still, in its own words: its database does not bear out what it signed; empty: it does."""
    is_said = answer.status == _UNAVAILABLE and _problem(answer.body).step == _HISTORY
    return f"the ledger stands still: {told_by(answer)}" if is_said else ""


def _advice(status: int, problem: _Problem) -> Advice:
    """What to do: as the problem document says, else as its status usually means; anything unclear is tried again."""
    if problem.retry in {"retry", "stop", "reseal"}:
        return problem.retry  # type: ignore[return-value]  # one of the three
    if status in _RESEALS:
        return "reseal"
    return "stop" if status in _STOPS and problem.step else "retry"


def _problem(body: bytes) -> _Problem:
    try:
        return msgspec.json.decode(body, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Problem()
