"""A reader that is asked: drained, greeted anew at every connection, and then asked round after round. Pure.

    drain ──▶ greet ──▶ rest ◀──▶ round
      ▲         │                   │
      └─────────┴── no answer, or another device than the one that was expected

Only a round that its script completed counts as one, whatever the device says in between: on several antennas, the end
on one of them says nothing about the tags of the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from msgspec import structs

from gateway.session import NOTHING, Moment, Pace, Silence, Turn
from gateway.talk.script import Ask, Greeting, Manner, Round, any_answer
from gateway.wire.decoder import Counters
from gateway.wire.items import RESTARTED, ROUND_FINISHED, Fault, Item, Noise, Status, TagRead

SILENCE_SECONDS = 0.08
"""A line that pauses this long has said what it had to say: frames follow each other within milliseconds."""
ATTEMPTS = 3
REST_AFTER_FAILURE_SECONDS = 1.0
PART_FINISHED = "part-finished"
_REFUSED = "refused"
_IDENTITIES = {"device-id", "module-info"}


@dataclass(slots=True)
class ScriptedReader:
    """See the module, and `Session`.

    Attributes:
        manner: how the family is spoken to.
        interval_ms: clock time between two rounds.
        identity: a part of what the device must say of itself; empty: any device. Two readers that were swapped are two
            fridges swapped.
    """

    manner: Manner
    interval_ms: int
    identity: str = ""
    _phase: Literal["drain", "greet", "rest", "round"] = field(default="drain", init=False)
    _pace: Pace = field(init=False)
    _silence: Silence = field(init=False)
    _until: float = field(default=0.0, init=False)
    _greeting: Greeting | None = field(default=None, init=False)
    _round: Round | None = field(default=None, init=False)
    _ask: Ask | None = field(default=None, init=False)
    _answer: list[Item] = field(default_factory=list, init=False)
    _ended: bool = field(default=False, init=False)
    _attempts: int = field(default=0, init=False)
    _missed: int = field(default=0, init=False)
    _anew: bool = field(default=False, init=False)
    _refused: str = field(default="", init=False)
    _told: list[str] = field(default_factory=list, init=False)
    _ill: set[int] = field(default_factory=set, init=False)
    _ill_before: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.interval_ms, SILENCE_SECONDS, max(1.0, self.interval_ms / 1000))
        self._silence = Silence(SILENCE_SECONDS)

    @property
    def counters(self) -> Counters:
        """See `Session`."""
        return self.manner.decoder.counters

    def opened(self, moment: Moment) -> Turn:
        """See `Session`. Whatever was going on, the device is greeted anew."""
        items = tuple(self.manner.decoder.idle())
        self._missed, self._ill, self._ill_before, self._anew = 0, set(), set(), False
        return Turn(send=self._restart(moment, self.manner.drain_seconds), items=items)

    def heard(self, content: bytes, moment: Moment) -> Turn:
        """See `Session`."""
        self._silence.heard(moment.seconds)
        return Turn(items=tuple(self._take(self.manner.decoder.feed(content), moment)))

    def tick(self, moment: Moment) -> Turn:
        """See `Session`."""
        items: list[Item] = []
        if self._silence.ended(moment.seconds):
            items += self._take(self.manner.decoder.idle(), moment)
            self._ended = self._ended or self._said_something()
        send, more = self._go_on(moment)
        items += [*self.manner.learnt(), *more]
        return Turn(send=send, items=tuple(items)) if send or items else NOTHING

    def _said_something(self) -> bool:
        return self._ask is not None and self._ask.ends is any_answer and bool(self._answer)

    def _take(self, items: Iterable[Item], moment: Moment) -> list[Item]:
        """What was heard, as the watch may know it.

        Until it is greeted it lives, but what it reads may be left over from a run before us, or it may be another.
        """
        kept: list[Item] = []
        for item in items:
            placed = self._placed(item)
            if self._phase != "drain" and not isinstance(item, Noise):
                self._note(placed, moment)
            if self._phase in {"rest", "round"} or not isinstance(item, TagRead):
                kept.append(_as_part(placed))
        return kept

    def _placed(self, item: Item) -> Item:
        """Where one antenna was asked, what names none is about that one."""
        if self._ask is None or not isinstance(item, TagRead | Fault) or item.antenna:
            return item
        antenna = self._ask.antenna
        return Fault(item.reason, antenna) if isinstance(item, Fault) else structs.replace(item, antenna=antenna)

    def _note(self, item: Item, moment: Moment) -> None:
        if self._ask is not None:
            self._answer.append(item)
            self._until = moment.seconds + self._ask.seconds
            if self._ask.ends is not any_answer and self._ask.ends(item):
                self._ended = True
        if isinstance(item, Fault):
            self._ill.add(item.antenna)
        if isinstance(item, Status) and item.name in _IDENTITIES:
            self._told.append(item.detail)
        if isinstance(item, Status) and item.name == _REFUSED and self._phase == "round":
            self._refused = item.detail

    def _go_on(self, moment: Moment) -> tuple[bytes, list[Item]]:
        """The next question, if it is time for one."""
        if self._phase == "drain":
            if moment.seconds < self._until:
                return b"", []
            self._phase, self._greeting, self._told = "greet", self.manner.greeting(), []
            return self._put(next(self._greeting), moment), []
        if self._phase == "rest":
            if not self._pace.due(moment):
                return b"", []
            self._phase, self._round, self._ill = "round", self.manner.round(), set()
            self._refused = ""
            return self._put(next(self._round), moment), []
        if self._ended:
            return self._answered(moment)
        return self._unanswered(moment) if moment.seconds > self._until else (b"", [])

    def _put(self, ask: Ask, moment: Moment) -> bytes:
        self._ask, self._answer, self._ended, self._attempts = ask, [], False, 1
        self._until = moment.seconds + ask.seconds
        return ask.send

    def _answered(self, moment: Moment) -> tuple[bytes, list[Item]]:
        answer, self._answer = self._answer, []
        try:
            if self._phase == "greet" and self._greeting is not None:
                return self._put(self._greeting.send(answer), moment), []
            if self._round is not None:
                return self._put(self._round.send(answer), moment), []
        except StopIteration as ended:
            self._ask = None
            return self._greeted(moment) if self._phase == "greet" else (b"", self._finished(complete=ended.value))
        return b"", []

    def _greeted(self, moment: Moment) -> tuple[bytes, list[Item]]:
        told = " ".join(self._told)
        if self.identity and self.identity not in told:
            reason = f"another device: expected {self.identity!r}, it says {told!r}"
            return self._restart(moment, REST_AFTER_FAILURE_SECONDS), [Fault(reason)]
        self._phase = "rest"
        anew, self._anew = self._anew, False
        return b"", [Status(RESTARTED, "and was made ready again")] if anew else []

    def _finished(self, *, complete: bool) -> list[Item]:
        """A round is over. Antennas that were ill before it and not in it work again."""
        self._phase = "rest"
        if not complete and self._refused:
            self._missed += 1
            return [Fault(f"refuses its rounds: {self._refused}")] if self._missed == self.manner.patience else []
        self._missed = 0
        if not complete or 0 in self._ill:
            return []
        again = sorted(self._ill_before - self._ill)
        self._ill_before = set(self._ill)
        return [*(Status("antenna-connected", antenna=antenna) for antenna in again), Status(ROUND_FINISHED)]

    def _unanswered(self, moment: Moment) -> tuple[bytes, list[Item]]:
        if self._phase == "greet" and self._ask is not None and self._attempts < ATTEMPTS:
            attempts = self._attempts
            send = self._put(self._ask, moment)
            self._attempts = attempts + 1
            return send, []
        if self._phase == "greet" and self._ask is not None and self._ask.may_stay_open:
            return self._answered(moment)
        self._ill_before |= self._ill
        if self._phase == "greet":
            return self._restart(moment, REST_AFTER_FAILURE_SECONDS), [Fault("does not answer the greeting")]
        self._missed += 1
        self._phase, self._ask = "rest", None
        if self._missed < self.manner.patience:
            return b"", []
        missed, self._missed, self._anew = self._missed, 0, True
        # It may have been restarted, and then waits in its boot loader or has forgotten its settings.
        send = self._restart(moment, self.manner.drain_seconds)
        return send, [Fault(f"does not answer: {missed} in a row")]

    def _restart(self, moment: Moment, after_seconds: float) -> bytes:
        self._phase, self._ask, self._greeting, self._round = "drain", None, None, None
        self._until = moment.seconds + after_seconds
        return self.manner.hello()


def _as_part(item: Item) -> Item:
    """A device's own word that a round is over, on one antenna or in one frame, is not yet the round."""
    if isinstance(item, Status) and item.completes_round:
        return structs.replace(item, name=PART_FINISHED, detail=item.detail or item.name)
    return item
