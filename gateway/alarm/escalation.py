"""Escalation: from a condition to an alarm, from step to step, until a person takes charge. Pure.

Conditions, answers of outputs and acknowledgements in; events, state to keep, and notices for outputs out. An alarm

* is *raised* with the first condition of its cause and device;
* takes step after step, each so many seconds after it was raised; at once, where no output of the step before worked;
  the last step again and again;
* ends its escalation when it is *acknowledged*, or when what it was about is *over*: except for causes that go on until
  somebody took charge (a fridge that was warm in the night is well again in the morning; its bags are not);
* is forgotten when it is over, and acknowledged or not of such a cause.

Delays are real seconds. What survives a restart is in `Kept`; then the steps that were taken are taken again at once,
because nobody knows what a relay did meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from gateway import claim
from gateway.alarm.condition import Condition, by_key
from gateway.alarm.kept import Kept, Key
from gateway.alarm.notice import Notice, Phase
from gateway.alarm.settings import AlarmSettings
from gateway.device import Change
from gateway.session import Moment
from ledger.core.ids import format_instant


@dataclass(frozen=True, slots=True)
class Order:
    """What one output is to be told."""

    output: str
    notice: Notice


@dataclass(slots=True)
class _Alarm:
    kept: Kept
    raised_at: float
    next_at: float
    told: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Escalation:
    """All alarms of one gateway. See the module.

    Attributes:
        gateway: its name.
        settings: see `AlarmSettings`.
        orders: what outputs are to be told; whoever tells them empties it.
    """

    gateway: str
    settings: AlarmSettings
    orders: list[Order] = field(default_factory=list, init=False)
    _alarms: dict[Key, _Alarm] = field(default_factory=dict, init=False)

    def restore(self, state: Mapping[str, bytes], moment: Moment) -> None:
        """The alarms of the run before; steps that were taken are taken again."""
        for value in state.values():
            kept = msgspec.json.decode(value, type=Kept)
            alarm = _Alarm(kept, moment.seconds, moment.seconds)
            self._alarms[kept.key] = alarm
            # They were told before the restart, and have to hear of its end even where that came meanwhile.
            alarm.told = {each for step in self.settings.steps[: kept.steps] for each in step.outputs_for(kept.cause)}
            if kept.steps and not kept.acknowledged:
                alarm.kept = msgspec.structs.replace(kept, steps=kept.steps - 1)
                for step in self.settings.steps[: kept.steps - 1]:
                    self._tell(alarm, step.outputs_for(kept.cause), "raised")

    def alarms(self) -> list[Kept]:
        """Every alarm, the oldest first."""
        return sorted((each.kept for each in self._alarms.values()), key=lambda kept: kept.raised)

    def turn(self, found: Iterable[Condition], moment: Moment, *, undecided: Collection[str] = frozenset()) -> Change:
        """What is wrong now, and what follows from that and from the time.

        An alarm of the run before about a device of which nothing is known yet is not over: nobody has looked.
        """
        change = Change()
        present = by_key(found)
        for key, condition in present.items():
            if key not in self._alarms:
                change.add(self._raise(condition, moment))
            else:
                # It may be another certificate that is refused by now, and a fridge gets warmer.
                kept, reason = self._alarms[key].kept, claim.text(condition.reason)
                self._alarms[key].kept = msgspec.structs.replace(kept, over=None, reason=reason)
        for key, alarm in list(self._alarms.items()):
            if key not in present and alarm.kept.over is None and alarm.kept.device not in undecided:
                change.add(self._end(alarm, moment))
            if key in self._alarms and self._escalates(alarm) and moment.seconds >= alarm.next_at:
                change.add(self._step(alarm, moment))
        return change

    def sounded(self, output: str, key: tuple[str, str], *, failed: bool, moment: Moment) -> None:
        """An output answered. Where none of a step works, the next step comes at once."""
        alarm = next((each for own, each in self._alarms.items() if own == key), None)
        if alarm is None or not failed or output not in alarm.asked:
            return
        alarm.failed.add(output)
        if alarm.failed == alarm.asked and alarm.kept.steps < len(self.settings.steps):
            alarm.next_at = moment.seconds

    def acknowledge(self, by: str, *, way: str, device: str, moment: Moment) -> Change:
        """`by` takes charge of every alarm that nobody has; of one device's only, where `device` is not empty."""
        change = Change()
        now = format_instant(moment.clock_ms)
        for alarm in list(self._alarms.values()):
            kept = alarm.kept
            if kept.acknowledged is not None or device not in {"", kept.device}:
                continue
            alarm.kept = msgspec.structs.replace(kept, by=by, acknowledged=now)
            change.claims.append(claim.alarm_acknowledged(kept, by=by, way=way, now_ms=moment.clock_ms))
            self._tell(alarm, alarm.told, "acknowledged")
            if kept.over is not None:
                change.add(self._forget(alarm))
            else:
                change.state |= _state(alarm.kept)
        return change

    def _raise(self, condition: Condition, moment: Moment) -> Change:
        kept = Kept(
            cause=condition.cause,
            device=condition.device,
            place=condition.place,
            reason=claim.text(condition.reason),
            raised=format_instant(moment.clock_ms),
        )
        alarm = _Alarm(kept, moment.seconds, moment.seconds)
        self._alarms[kept.key] = alarm
        self._plan(alarm, moment.seconds)
        return Change([claim.alarm_raised(kept, now_ms=moment.clock_ms)], _state(kept))

    def _escalates(self, alarm: _Alarm) -> bool:
        if alarm.kept.acknowledged is not None or not self.settings.steps:
            return False
        return alarm.kept.over is None or alarm.kept.cause in self.settings.until_acknowledged

    def _step(self, alarm: _Alarm, moment: Moment) -> Change:
        steps = self.settings.steps
        number = min(alarm.kept.steps, len(steps) - 1)
        alarm.kept = msgspec.structs.replace(alarm.kept, steps=min(alarm.kept.steps + 1, len(steps)))
        self._tell(alarm, steps[number].outputs_for(alarm.kept.cause), "raised")
        self._plan(alarm, moment.seconds)
        return Change(state=_state(alarm.kept))

    def _plan(self, alarm: _Alarm, now: float) -> None:
        """When the next step is due."""
        steps, done = self.settings.steps, alarm.kept.steps
        if done < len(steps):
            alarm.next_at = max(now, alarm.raised_at + steps[done].after_seconds)
        else:
            alarm.next_at = now + self.settings.repeat_seconds if self.settings.repeat_seconds else float("inf")

    def _end(self, alarm: _Alarm, moment: Moment) -> Change:
        alarm.kept = msgspec.structs.replace(alarm.kept, over=format_instant(moment.clock_ms))
        change = Change([claim.alarm_ended(alarm.kept, now_ms=moment.clock_ms)])
        if alarm.kept.acknowledged is None and alarm.kept.cause in self.settings.until_acknowledged:
            change.state |= _state(alarm.kept)
            return change
        self._tell(alarm, alarm.told, "over")
        change.add(self._forget(alarm))
        return change

    def _forget(self, alarm: _Alarm) -> Change:
        del self._alarms[alarm.kept.key]
        return Change(state={_name(alarm.kept): None})

    def _tell(self, alarm: _Alarm, outputs: Iterable[str], phase: Phase) -> None:
        kept = alarm.kept
        notice = Notice(
            phase=phase,
            gateway=self.gateway,
            cause=kept.cause,
            device=kept.device,
            place=kept.place,
            reason=kept.reason,
            raised=kept.raised,
            step=kept.steps,
            by=kept.by,
        ).spoken(self.settings.language)
        told = sorted(outputs)
        self.orders += [Order(output, notice) for output in told]
        if phase == "raised":
            alarm.told |= set(told)
            alarm.asked, alarm.failed = set(told), set()


def _name(kept: Kept) -> str:
    return f"alarm/{kept.cause}/{kept.device}"


def _state(kept: Kept) -> dict[str, bytes | None]:
    return {_name(kept): msgspec.json.encode(kept)}
