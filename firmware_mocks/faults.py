"""What goes wrong, repeatably: a seeded plan of faults, and what a fault does to a frame on a wire.

A fault strikes for one of three reasons: it was ordered by command for the next `count` times, it was ordered for a
span of (simulated) seconds, or it happens at random with a given rate. Each fault draws from a generator of its own, so
that the same seed gives the same faults however many other kinds are switched on.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

# What can happen to any frame on a serial line.
LINE_FAULTS: Mapping[str, str] = {
    "noise": "one to eight random bytes before the frame",
    "cut": "the frame ends early and the rest never comes",
    "split": "a pause of 30 ms inside the frame",
    "merge": "the frame waits and leaves in one burst with the next one",
    "checksum": "one bit of the frame's check value is wrong",
    "silence": "nothing is sent",
    "late": "the frame leaves late, after a patient host has given up",
    "duplicate": "the frame is sent twice",
}

# What can happen to any message that is published to a broker.
MESSAGE_FAULTS: Mapping[str, str] = {
    "silence": "the message is never published",
    "late": "the message is published late, after newer ones",
    "duplicate": "the message is published twice",
    "retained": "the message is published with the retain flag, so that the broker replays it to who connects later",
}

# What can be wrong with a temperature although its frame is perfect.
READING_FAULTS: Mapping[str, str] = {
    "stuck": "the value stops changing",
    "zero": "0.0 degrees (DS18B20: an all-zero scratchpad, whose CRC is valid)",
}

SPLIT_PAUSE_SECONDS = 0.03
DEFAULT_LATE_SECONDS = 1.5


class FaultPlan:
    """Which faults strike when. The same seed, rates and orders give the same answers."""

    def __init__(self, seed: int, rates: Mapping[str, float], *, known: Iterable[str]) -> None:
        """Make a plan.

        Args:
            seed: repeats the run.
            rates: probability, 0 to 1, with which a fault strikes at each of its opportunities.
            known: the faults that the program can do; anything else is refused.

        Raises:
            ValueError: a rate for an unknown fault, or not a probability.
        """
        self.known = frozenset(known)
        self.injected: Counter[str] = Counter()
        self._rates = dict(rates)
        self._generators = {name: random.Random(f"{seed}:{name}") for name in sorted(self.known)}
        self._counts: Counter[str] = Counter()
        self._until_ms: dict[str, int] = {}
        for name, rate in rates.items():
            self._check(name)
            if not 0 <= rate <= 1:
                raise ValueError(f"fault rate of {name}: expected 0 to 1, got {rate}")

    def order_count(self, name: str, count: int) -> None:
        """Let a fault strike at its next `count` opportunities."""
        self._check(name)
        self._counts[name] += count

    def order_until(self, name: str, until_ms: int) -> None:
        """Let a fault strike at every opportunity before `until_ms` (Unix milliseconds)."""
        self._check(name)
        self._until_ms[name] = until_ms

    def clear(self) -> None:
        """Forget every order; the rates stay."""
        self._counts.clear()
        self._until_ms.clear()

    def strikes(self, name: str, now_ms: int) -> bool:
        """Whether the fault strikes at this opportunity; a strike is counted. A fault not known never strikes."""
        if name not in self.known:
            return False
        rate = self._rates.get(name, 0.0)
        by_chance = rate > 0 and self._generators[name].random() < rate
        if self._counts[name] > 0:
            self._counts[name] -= 1
        elif not by_chance and now_ms >= self._until_ms.get(name, now_ms):
            return False
        self.injected[name] += 1
        return True

    def generator(self, name: str) -> random.Random:
        """The generator of one fault, for what it needs beside striking (which byte, how much noise)."""
        return self._generators[name]

    def _check(self, name: str) -> None:
        if name not in self.known:
            raise ValueError(f"fault {name!r}: this program knows {', '.join(sorted(self.known))}")


@dataclass(frozen=True, slots=True)
class Emission:
    """Bytes that leave the device `after_seconds` of real time from now, or later if the line is busy."""

    octets: bytes
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one frame: what to put on the line, and the faults that struck, in order."""

    emissions: tuple[Emission, ...]
    faults: tuple[str, ...]


class FaultyLine:
    """Applies the line faults of a plan to whole frames, one after the other."""

    def __init__(
        self,
        plan: FaultPlan,
        *,
        spoil_check: Callable[[bytes], bytes] | None = None,
        late_seconds: float = DEFAULT_LATE_SECONDS,
        echo_seconds: float = 0.0,
    ) -> None:
        """Make a line.

        Args:
            plan: which faults strike.
            spoil_check: makes the frame's check value wrong; without one the line has no `checksum` fault.
            late_seconds: real seconds that a late frame waits.
            echo_seconds: real seconds between a frame and its duplicate.
        """
        self._plan = plan
        self._spoil_check = spoil_check
        self._late_seconds = late_seconds
        self._echo_seconds = echo_seconds
        self._held = b""

    def send(self, frame: bytes, now_ms: int) -> Sent:
        """What leaves the device for one frame."""
        struck: list[str] = []

        def strikes(name: str) -> bool:
            if self._plan.strikes(name, now_ms):
                struck.append(name)
                return True
            return False

        if strikes("silence"):
            return Sent((), tuple(struck))
        octets = self._spoilt(frame, strikes)
        if strikes("merge"):
            self._held += octets
            return Sent((), tuple(struck))
        octets, self._held = self._held + octets, b""
        wait = self._late_seconds if strikes("late") else 0.0
        emissions = [Emission(octets, wait)]
        if strikes("split") and len(octets) > 1:
            at = self._plan.generator("split").randrange(1, len(octets))
            emissions = [Emission(octets[:at], wait), Emission(octets[at:], wait + SPLIT_PAUSE_SECONDS)]
        if strikes("duplicate"):
            emissions.append(Emission(octets, wait + self._echo_seconds))
        return Sent(tuple(emissions), tuple(struck))

    def _spoilt(self, frame: bytes, strikes: Callable[[str], bool]) -> bytes:
        """The frame with what can be wrong in its bytes."""
        if self._spoil_check is not None and strikes("checksum"):
            frame = self._spoil_check(frame)
        if strikes("cut") and len(frame) > 1:
            frame = frame[: self._plan.generator("cut").randrange(1, len(frame))]
        if strikes("noise"):
            generator = self._plan.generator("noise")
            frame = generator.randbytes(generator.randrange(1, 9)) + frame
        return frame


def parse_rates(options: Iterable[str]) -> dict[str, float]:
    """Read `NAME=0.01` options.

    Raises:
        ValueError: an option of another shape.
    """
    rates: dict[str, float] = {}
    for option in options:
        name, equals, rate = option.partition("=")
        if not equals:
            raise ValueError(f"fault rate {option!r}: expected NAME=PROBABILITY, for example noise=0.01")
        rates[name] = float(rate)
    return rates
