"""Sessions: what to say to a device and when, and what it answers. Pure: bytes and moments in, bytes and items out.

A port opens a session anew at every connection, feeds it what it reads, and ticks it; the session says what to write.
Nothing here sleeps or touches a port. Poll intervals follow clock time, so that a demo's day may pass in minutes;
time-outs are real seconds. Three sorts of device:

* `Listening`: it speaks by itself (scanners, one-wire boards).
* `Polling`: a module that is stopped, drained and asked again and again (M100/R200).
* `ModbusBus`: several slaves on one line, one request at a time, with the quiet rule after a time-out.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from gateway.clock import Trust
from gateway.wire.decoder import ByteDecoder, Counters
from gateway.wire.items import NO_TAG, ROUND_FINISHED, Fault, Item, Reading, Status, TagRead, tells_of_tags
from gateway.wire.m100_uhf import AADD, BB7E, M100Decoder
from gateway.wire.modbus_quiet import Line, QuietRule, Ready, Waiting, babbles
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import Probe

DRAIN_SECONDS = 0.3
"""After the stop command: what a module still has to say about a run before us is thrown away."""
ROUND_SILENCE_SECONDS = 0.08
"""A module that pauses this long after tag notices has finished its round: frames follow each other within 2 ms."""
ANSWER_SECONDS = 1.0
MISSED_ANSWERS = 3
"""So many polls without an answer are a fault; fewer are a bad line."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant in both times: Unix milliseconds of the clock, and real seconds.

    `trust`: how far the clock was to be trusted then; None: nobody asked.
    """

    clock_ms: int
    seconds: float
    trust: Trust | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a session wants written, and what it learnt."""

    send: bytes = b""
    items: tuple[Item, ...] = ()


NOTHING = Turn()
Deadline: TypeAlias = float


class Session(Protocol):
    """One device, or one bus of devices, on one line."""

    @property
    def counters(self) -> Counters:
        """What became of every byte since the line was opened."""
        ...

    def opened(self, moment: Moment) -> Turn:
        """The line was just opened, for the first time or again."""
        ...

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """Bytes came."""
        ...

    def tick(self, moment: Moment) -> Turn:
        """Time passed; called some fifty times a second."""
        ...


@dataclass(slots=True)
class Pace:
    """Every so many milliseconds of clock time, within bounds in real seconds.

    Attributes:
        interval_ms: by the clock, which may run fast, stand still or jump.
        floor_seconds: never sooner, because a device needs its time.
        ceiling_seconds: never later, because a device that is not asked cannot be told from a dead one.
    """

    interval_ms: int
    floor_seconds: float = 0.0
    ceiling_seconds: float = float("inf")
    _last: Moment | None = field(default=None, init=False)

    def due(self, moment: Moment) -> bool:
        """Whether it is time again; if so, the next interval begins. A clock set back does not stop it."""
        if self._last is not None:
            passed_seconds = moment.seconds - self._last.seconds
            early = 0 <= moment.clock_ms - self._last.clock_ms < self.interval_ms
            if passed_seconds < self.floor_seconds or (early and passed_seconds < self.ceiling_seconds):
                return False
        self._last = moment
        return True


@dataclass(slots=True)
class Silence:
    """Tells the decoder when the line has paused for longer than a frame may."""

    after_seconds: float
    _heard_at: float | None = field(default=None, init=False)

    def heard(self, seconds: float) -> None:
        """Bytes came."""
        self._heard_at = seconds

    def ended(self, seconds: float) -> bool:
        """Whether the pause is long enough, once a pause."""
        if self._heard_at is None or seconds - self._heard_at < self.after_seconds:
            return False
        self._heard_at = None
        return True


@dataclass(slots=True)
class Listening:
    """A device that speaks by itself; `idle_seconds` is the longest pause inside one of its frames or lines."""

    decoder: ByteDecoder
    idle_seconds: float = 1.0
    _silence: Silence = field(init=False)

    def __post_init__(self) -> None:
        self._silence = Silence(self.idle_seconds)

    @property
    def counters(self) -> Counters:
        """See `Session`."""
        return self.decoder.counters

    def opened(self, moment: Moment) -> Turn:
        """See `Session`. What was begun before the line broke will not be finished."""
        del moment
        return Turn(items=tuple(self.decoder.idle()))

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """See `Session`."""
        self._silence.heard(moment.seconds)
        return Turn(items=tuple(self.decoder.feed(content)))

    def tick(self, moment: Moment) -> Turn:
        """See `Session`."""
        return Turn(items=tuple(self.decoder.idle())) if self._silence.ended(moment.seconds) else NOTHING


@dataclass(slots=True)
class M100Session:
    """An M100/R200 module: stopped, drained, then one inventory round after the other.

    A single poll answers with a notice a tag, or with error 15 on an empty shelf, and says nothing when it is through;
    the pause after the last notice is the end of the round. Polls that nobody answers are a fault.

    Attributes:
        interval_ms: clock time between two rounds.
        identity: a part of what the module must say of its hardware; empty: any module. It has no number of its own.
    """

    interval_ms: int
    identity: str = ""
    decoder: M100Decoder = field(default_factory=M100Decoder)
    _pace: Pace = field(init=False)
    _silence: Silence = field(init=False)
    _drained_at: float = field(default=0.0, init=False)
    _asked_at: float | None = field(default=None, init=False)
    _answered: bool = field(default=False, init=False)
    _missed: int = field(default=0, init=False)
    _admitted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.interval_ms, 2 * ROUND_SILENCE_SECONDS, max(1.0, self.interval_ms / 1000))
        self._silence = Silence(ROUND_SILENCE_SECONDS)

    @property
    def counters(self) -> Counters:
        """See `Session`."""
        return self.decoder.counters

    def opened(self, moment: Moment) -> Turn:
        """See `Session`. The module may still be polling for a program before us, and may speak either framing."""
        self._drained_at = moment.seconds + DRAIN_SECONDS
        self._asked_at, self._answered, self._missed, self._admitted = None, False, 0, not self.identity
        hello = b"".join(framing.stop() + framing.module_info() for framing in (BB7E, AADD))
        return Turn(send=hello, items=tuple(self.decoder.idle()))

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """See `Session`."""
        self._silence.heard(moment.seconds)
        return self._learnt(self.decoder.feed(content), moment)

    def tick(self, moment: Moment) -> Turn:
        """See `Session`."""
        items: list[Item] = []
        if self._silence.ended(moment.seconds):
            items += self._learnt(self.decoder.idle(), moment).items
            if self._asked_at is not None and self._answered:
                items.append(Status(ROUND_FINISHED))
                self._asked_at = None
        if self._asked_at is not None and moment.seconds - self._asked_at > ANSWER_SECONDS:
            self._asked_at = None
            self._missed += 1
            if self._missed >= MISSED_ANSWERS:
                items.append(Fault(f"does not answer: {self._missed} polls in a row"))
        if self._asked_at is not None or moment.seconds < self._drained_at or not self._pace.due(moment):
            return Turn(items=tuple(items))
        self._asked_at, self._answered = moment.seconds, False
        return Turn(send=self._poll(), items=tuple(items))

    def _poll(self) -> bytes:
        # A module that never spoke may speak either framing; one that does not understand the other ignores it.
        framings = (BB7E, AADD) if self.decoder.framing is None else (self.decoder.framing,)
        return b"".join(each.single_poll() if self._admitted else each.module_info() for each in framings)

    def _learnt(self, items: list[Item], moment: Moment) -> Turn:
        """Items while draining tell that the module lives, but not what is on the shelf now; so does a stranger."""
        kept: list[Item] = []
        for item in items:
            if isinstance(item, Status) and item.name == "module-info":
                kept += self._recognised(item)
                continue
            if isinstance(item, TagRead) and moment.seconds < self._drained_at:
                continue
            if not self._admitted and tells_of_tags(item):
                continue
            if isinstance(item, TagRead):
                self._answered, self._missed = True, 0
            elif isinstance(item, Status) and item.name == NO_TAG:
                self._asked_at, self._missed = None, 0
            kept.append(item)
        return Turn(items=tuple(kept))

    def _recognised(self, told: Status) -> list[Item]:
        """The module says what it is: whether it is the one that is wanted."""
        if not self._admitted:
            self._asked_at, self._missed = None, 0
        self._admitted = self.identity in told.detail
        stranger = Fault(f"another device: expected {self.identity!r}, it says {told.detail!r}")
        return [told] if self._admitted else [stranger]


@dataclass(slots=True)
class BusProbe:
    """One slave on a bus: how it is asked, and how often (clock time)."""

    probe: Probe
    interval_ms: int
    pace: Pace = field(init=False)
    missed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.interval_ms)


@dataclass(slots=True)
class ModbusBus:
    """A Modbus RTU line with its slaves, asked one at a time. See `modbus_quiet` for why patience is a rule."""

    slaves: list[BusProbe]
    rule: QuietRule = field(default_factory=QuietRule)
    decoder: ModbusDecoder = field(default_factory=ModbusDecoder)
    _line: Line = field(default_factory=Ready, init=False)
    _waiting: list[BusProbe] = field(default_factory=list, init=False)
    _asked: BusProbe | None = field(default=None, init=False)
    _silence: Silence = field(default_factory=lambda: Silence(ROUND_SILENCE_SECONDS), init=False)
    _babbled: bool = field(default=False, init=False)

    @property
    def counters(self) -> Counters:
        """See `Session`."""
        return self.decoder.counters

    def opened(self, moment: Moment) -> Turn:
        """See `Session`."""
        self.decoder.give_up()
        self._asked, self._waiting = None, []
        self._line = self.rule.started(moment.seconds)
        return Turn(items=tuple(self.decoder.idle()))

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """See `Session`."""
        self._silence.heard(moment.seconds)
        # What comes after the deadline is late even if nobody looked at the time before it came.
        items = [*self._pass_time(moment), *self.decoder.feed(content)]
        if not self._answered(moment) and not isinstance(self._line, Waiting):
            self._line = self.rule.heard(self._line, moment.seconds)
        return Turn(items=tuple(items))

    def tick(self, moment: Moment) -> Turn:
        """See `Session`."""
        items: list[Item] = []
        if self._silence.ended(moment.seconds):
            items += self.decoder.idle()
            self._answered(moment)
        items += self._pass_time(moment)
        items += self._babbling(moment)
        for slave in self.slaves:
            if slave not in self._waiting and slave.pace.due(moment):
                self._waiting.append(slave)
        if not self._waiting or not isinstance(self._line, Ready):
            return Turn(items=tuple(items))
        self._asked = self._waiting.pop(0)
        self._line = self.rule.asked(self._line, moment.seconds)
        return Turn(send=self.decoder.expect(self._asked.probe), items=tuple(items))

    def _answered(self, moment: Moment) -> bool:
        """Whether the decoder has just taken the pending answer; then the line is free again."""
        if self._asked is None or self.decoder.pending is not None:
            return False
        self._asked.missed = 0
        self._asked = None
        self._line = self.rule.answered(self._line, moment.seconds)
        return True

    def _pass_time(self, moment: Moment) -> list[Item]:
        """Give up an answer whose deadline is over."""
        waited = isinstance(self._line, Waiting)
        self._line = self.rule.tick(self._line, moment.seconds)
        return self._timed_out() if waited and not isinstance(self._line, Waiting) else []

    def _timed_out(self) -> list[Item]:
        self.decoder.give_up()
        asked, self._asked = self._asked, None
        if asked is None:
            return []
        asked.missed += 1
        if asked.missed != MISSED_ANSWERS:
            return []
        # Told once as an answer that is no temperature, so that the probe's own series shows it.
        reason = f"slave {asked.probe.request.slave} does not answer: {asked.missed} requests in a row"
        return [Reading(asked.probe.sensor, None, quality="fault", reason=reason)]

    def _babbling(self, moment: Moment) -> list[Item]:
        babbled, self._babbled = self._babbled, babbles(self._line, moment.seconds)
        return [Fault("the line never falls silent: look at the wiring")] if self._babbled and not babbled else []
