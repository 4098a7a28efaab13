"""One temperature probe under watch: readings become segments, crossings become excursions, silence ends a series.

Pure. Every reading of the open segment is kept as state the moment it comes, so that a kill loses none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec
from msgspec import structs
from typing_extensions import override

from gateway import claim
from gateway.config import ProbeSettings
from gateway.device import READINGS_BROKER, Change, Device, DeviceStatus, Health
from gateway.doubt import DoubtRule, Kept, Movement
from gateway.hearing import Hearing, Said
from gateway.limits import Beyond, ExcursionBegan, Limits
from gateway.ports.mailbox import Opened
from gateway.session import Moment
from gateway.temperature import Calibration, Outcome, ProbeLog, ProbeRule, SegmentClosed
from gateway.wire.items import Fault, Item, Noise, Reading, Status

START_SECONDS = 10.0
"""Real seconds that a probe has before its first reading: ports open, lines drain, buses are asked in turn."""
LATE = "came late, and nobody can tell when it was read"
_NODES = {"sparkplug_b"}
"""Their numbers, 0 to 255, are the node's, of the messages of all its devices."""
HELD_BACK = "came at once with the connection, and nobody can tell when it was read"
CAUGHT_UP_SECONDS = 2.0
"""What a broker held back comes without a pause."""
SILENT_SECONDS = 1.0
"""A jump of the clock alone must not make a probe silent: so many real seconds have to pass as well."""


class ProbeWatch(Device):
    """One temperature probe: its open segment, its excursion, its health."""

    broker = READINGS_BROKER

    def __init__(self, settings: ProbeSettings, device: str) -> None:
        super().__init__(settings.name, device, port=settings.port, topic=settings.topic)
        self.settings = settings
        self._first_heard: str | None = None
        self._keys: list[str] = []
        self._hearing = Hearing(device, f"reading/.heard/{settings.name}", counts=settings.family not in _NODES)
        self._moved = f"moved/{settings.name}"
        self._since: Moment | None = None
        self._catches_up = settings.topic is not None
        self._undated: Moment | None = None
        self.log = ProbeLog(_rule(settings, "probe:" + self.device.partition(":")[2]))
        self.health = Health(self.device, settings.place)

    def restore(self, state: Mapping[str, bytes]) -> Change:
        """The open segment, the excursions, the last reading, and whether the probe was proven, of the run before."""
        change, name = Change(), self.settings.name
        self._hearing.restore(state)
        last, beyond = state.get(f"last/{name}"), state.get(f"excursion/{name}")
        self.log.doubts.is_proven = state.get(f"proven/{name}") == self._proof()
        if (moved := state.get(self._moved)) is not None:
            self.log.doubts.movement = msgspec.json.decode(moved, type=Movement)
        if last is not None:
            self.log.remember(msgspec.json.decode(last, type=Kept))
        if beyond is not None:
            self.log.limits.beyond = {each.level: each for each in msgspec.json.decode(beyond, type=list[Beyond])}
        readings = {key: value for key, value in sorted(state.items()) if key.startswith(f"reading/{name}/")}
        for key, value in readings.items():
            change.add(self._told(self.log.restore(msgspec.json.decode(value, type=Kept))))
            self._keys.append(key)
        return change

    def means(self, sensor: str) -> bool:
        """Whether a reading of `sensor` on this probe's line or topic is this probe's."""
        return self.settings.sensor in {"", sensor}

    def is_of_node(self, node: str) -> bool:
        """Whether it hangs on this Sparkplug node, `group/node`, as far as is known."""
        named = self.settings.sensor
        return self.settings.family in _NODES and (not named or named.startswith(node.rpartition("/")[2] + "/"))

    def _is_own(self, sensor: str) -> bool:
        """Whether a reading is this probe's. One without a name of its own stays with the first sensor that it heard.

        A device may have several sensors, and the one inside its case must not be taken for the one in the fridge.
        """
        if not self.means(sensor):
            return False
        if self._first_heard is None:
            self._first_heard = sensor
        if self.settings.sensor or sensor == self._first_heard:
            return True
        self.life.count("other_sensor")
        return False

    @override
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        change = Change()
        for item in items:
            if isinstance(item, Reading) and self._is_own(item.sensor):
                change.add(self._reading(item, moment))
            elif isinstance(item, Status) and item.name == "offline" and self.means(item.detail):
                change.add(self._fail("the probe's bridge says offline", moment.clock_ms))
            elif isinstance(item, Fault):
                change.claims += self.health.fail(item.reason, moment.clock_ms)
            if isinstance(item, Noise):
                self.life.count("noise", item.count_bytes)
        return change

    @override
    def lost(self, reason: str, moment: Moment) -> Change:
        self._catches_up, self._undated = self.settings.topic is not None, None
        return self._fail(reason, moment.clock_ms)

    @override
    def tick(self, moment: Moment) -> Change:
        """A probe that has said nothing for 2.5 intervals, and for a real second, is silent."""
        self._since = self._since or moment
        last, patience_seconds = self._since, START_SECONDS
        if self.life.heard is not None:
            last, patience_seconds = self.life.heard, SILENT_SECONDS
        silent_ms = moment.clock_ms - last.clock_ms
        change = Change(self._hearing.claims(moment.clock_ms))
        if change.claims:
            change.state |= self._hearing.state()
        if silent_ms > self.log.rule.gap_ms and moment.seconds - last.seconds >= patience_seconds:
            change.add(self._fail(f"no reading for {silent_ms // 1000} s", moment.clock_ms))
        return change

    @override
    def close(self, moment: Moment) -> Change:
        change = self._told(self.log.close(moment.clock_ms))
        if self.log.last is not None and self.health.since_ms is None:
            change.state[f"last/{self.settings.name}"] = msgspec.json.encode(self.log.last)
        return change

    def _reading(self, reading: Reading, moment: Moment) -> Change:
        said = self._hearing.reading(reading, moment.clock_ms)
        if said.how in {"repeat", "stale"}:
            self.log.repeated() if said.how == "repeat" else self.log.stale()
            return Change()
        change = Change(state=self._hearing.state())
        if said.how == "late" or said.at_ms < self.log.latest_ms <= moment.clock_ms:
            change.add(self._overtaken(reading, said, moment))
            return change
        self.life.heard = moment
        doubt = said.doubt or ("" if said.is_dated else self._held_back(moment))
        if doubt and reading.quality == "good":
            reading = structs.replace(reading, quality="suspect", reason=doubt)
        outcomes = self.log.read(reading, said.at_ms, claimed_ms=said.claimed_ms, clock=moment.trust)
        change.add(self._told(outcomes))
        kept = self.log.last
        if kept is None:
            return change
        self._keep(change, kept)
        if self.log.doubts.is_proven:
            change.state[f"proven/{self.settings.name}"] = self._proof()
        if kept.quality == "fault":
            change.claims += self.health.fail(kept.reason, moment.clock_ms)
        else:
            change.claims += self.health.recover(moment.clock_ms)
        return change

    def _held_back(self, moment: Moment) -> str:
        """Why an answer without a time may be an old one: it came with what the broker held back while we were away."""
        if not self._catches_up:
            return ""
        last, self._undated = self._undated, moment
        if last is not None:
            paused = moment.seconds - last.seconds >= CAUGHT_UP_SECONDS
            self._catches_up = not paused and moment.clock_ms - last.clock_ms < self.log.rule.interval_ms / 2
        return HELD_BACK if self._catches_up else ""

    def _overtaken(self, reading: Reading, said: Said, moment: Moment) -> Change:
        """A reading that younger ones overtook on the way."""
        doubt = "" if said.is_dated else LATE
        judged = self.log.doubts.judge_alone(reading, said.at_ms, doubt)
        kept = replace(judged, claimed_ms=said.claimed_ms, clock=moment.trust)
        outcomes = self.log.late(kept)
        self.life.count("late")
        change = Change([claim.segment(each, self.log.rule) for each in outcomes if isinstance(each, SegmentClosed)])
        if kept.quality == "good" and kept.centi_celsius is not None:
            change.add(self._told(self.log.limits.judge_late(kept.time_ms, kept.centi_celsius, moment.clock_ms)))
        if not outcomes:
            self._keep(change, kept)
        return change

    def _keep(self, change: Change, kept: Kept) -> None:
        """Keep a reading of the open segment, so that a kill does not lose it."""
        key = f"reading/{self.settings.name}/{kept.time_ms:015d}-{self.log.counts.readings:010d}"
        self._keys.append(key)
        change.state[key] = msgspec.json.encode(kept)

    @override
    def stepped(self, step_ms: int) -> Change:
        super().stepped(step_ms)
        self._hearing.shift(step_ms)
        self._since = None
        return self._told(self.log.shift(step_ms))

    def _fail(self, reason: str, now_ms: int) -> Change:
        """Its series ends here, until it is heard again."""
        if self.health.since_ms is not None and not self.log.is_open:
            return Change()
        change = self._told(self.log.silent(now_ms))
        change.claims += self.health.fail(reason, now_ms)
        return change

    def _told(self, outcomes: Iterable[Outcome]) -> Change:
        change = Change()
        rule = self.log.rule
        for outcome in outcomes:
            if isinstance(outcome, SegmentClosed):
                change.claims.append(claim.segment(outcome, rule))
                change.state |= dict.fromkeys(self._keys)
                self._keys.clear()
                continue
            if isinstance(outcome, ExcursionBegan):
                change.claims.append(claim.excursion(outcome, rule))
            else:
                change.claims.append(claim.excursion_ended(outcome, rule))
        beyond = list(self.log.limits.beyond.values())
        change.state[f"excursion/{self.settings.name}"] = msgspec.json.encode(beyond) if beyond else None
        return change

    def _proof(self) -> bytes:
        """What was proven: this sensor, at this scale, in this place. Another one has to prove itself anew."""
        settings, doubt = self.settings, self.log.rule.doubt
        return msgspec.json.encode(
            [settings.family, settings.sensor, settings.scale, settings.place, doubt.cabinet_low, doubt.cabinet_high]
        )

    @override
    def opened(self, opened: Opened) -> Change:
        # An open line proves nothing: the first reading does, and it is suspect.
        self._catches_up = self._catches_up and opened.continues
        self._undated = self._undated or opened.moment
        return Change()

    @override
    def refreshed(self) -> dict[str, bytes | None]:
        """For how long its value has stood still."""
        return {self._moved: msgspec.json.encode(self.log.doubts.movement)}

    @override
    def healths(self) -> Iterable[Health]:
        return (self.health,)

    @override
    def status(self) -> DeviceStatus:
        last, rule = self.log.last, self.log.rule
        believed = self.health.since_ms is None and last is not None and last.quality == "good"
        reading = last.centi_celsius if believed and last is not None else None
        beyond = {level: each.limit for level, each in self.log.limits.beyond.items() if each.told == "yes"}
        return replace(
            super().status(),
            reading=reading,
            low=rule.low,
            high=rule.high,
            beyond=beyond.get("alarm", ""),
            warned=beyond.get("warning", ""),
        )

    @override
    def counts(self) -> dict[str, int]:
        counts = self.log.counts
        return {
            "readings": counts.readings,
            "kept": counts.kept,
            "faults": counts.faults,
            "repeats": counts.repeats,
            "stale": counts.stale,
            "skew_ms": self._hearing.clock.skew_ms,
        }


def _rule(settings: ProbeSettings, probe: str) -> ProbeRule:
    limited = settings.warn_low is not None or settings.warn_high is not None
    warn_after_ms = round(settings.warn_after_seconds * 1000)
    return ProbeRule(
        probe=probe,
        place=settings.place,
        measures="air" if settings.measures == "air" else "load",
        interval_ms=round(settings.interval_seconds * 1000),
        low=settings.low,
        high=settings.high,
        segment_ms=round(settings.segment_seconds * 1000),
        alarm_after_ms=round(settings.alarm_after_seconds * 1000),
        warning=Limits("warning", settings.warn_low, settings.warn_high, warn_after_ms) if limited else None,
        doubt=DoubtRule(
            settings.cabinet_low,
            settings.cabinet_high,
            settings.rate_per_minute,
            round(settings.stuck_after_seconds * 1000),
        ),
        calibration=Calibration(
            settings.calibrated, settings.calibration_until, settings.certificate, settings.offset_centi_celsius
        ),
    )
