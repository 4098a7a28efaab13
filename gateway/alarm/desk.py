"""The alarm desk: once a second what is wrong, what follows, who is told and who took charge. One a gateway.

Joins what is pure (`condition`, `escalation`) with threads (`sounding`) and files (`acknowledging`). Nothing here
waits. An output that is ill is a device that is ill: its fault is an event, and an alarm of its own at the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.alarm import acknowledging, sounding
from gateway.alarm.acknowledging import Acknowledgement
from gateway.alarm.condition import Facts, Patience, Roles, conditions
from gateway.alarm.escalation import Escalation
from gateway.alarm.kept import Kept, OutputStatus
from gateway.alarm.settings import AlarmSettings
from gateway.config import Config
from gateway.device import Change, Health
from gateway.ports.mailbox import Letter
from gateway.session import Moment


@dataclass(slots=True)
class Desk:
    """See the module."""

    settings: AlarmSettings
    directory: Path
    roles: Roles
    escalation: Escalation
    choir: sounding.Choir
    healths: Mapping[str, Health]
    _patience: Patience = field(init=False)
    _cards: list[Acknowledgement] = field(default_factory=list, init=False)
    _answered: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._patience = Patience(self.settings)

    def letter(self, letter: Letter) -> Letter:
        """The letter without the cards in it, which are dealt with at the next turn."""
        told = acknowledging.without_cards(letter)
        self._cards += told.cards
        return told.letter

    def turn(self, facts: Facts, moment: Moment) -> Change:
        """What is wrong, what follows from it, and what outputs and persons said since."""
        change = self._hear(moment)
        ill = {name: health.reason for name, health in self.healths.items() if health.since_ms is not None}
        facts = replace(facts, outputs=ill, mains=_mains(self.settings.power_file))
        found = conditions(facts, self.roles, self.settings)
        standing = {each.key for each in self.alarms() if each.over is None}
        lasting = self._patience.lasting(found, moment.seconds, standing=standing)
        change.add(self.escalation.turn(lasting, moment, undecided=facts.undecided))
        wishes = [*self._cards, *acknowledging.take(self.directory)]
        self._cards.clear()
        for wish in wishes:
            change.add(self.escalation.acknowledge(wish.by, way=wish.way, device=wish.device, moment=moment))
        self.choir.tell(self.escalation.orders)
        return change

    def alarms(self) -> list[Kept]:
        """Every alarm, the oldest first."""
        return self.escalation.alarms()

    def outputs(self) -> list[OutputStatus]:
        """Every output."""
        return [
            OutputStatus(name=name, state="fault", reason=health.reason)
            if health.since_ms is not None
            else OutputStatus(name=name, state="ok" if name in self._answered else "waiting")
            for name, health in self.healths.items()
        ]

    def _hear(self, moment: Moment) -> Change:
        change = Change()
        for answer in self.choir.answers():
            self._answered.add(answer.output)
            health = self.healths[answer.output]
            if answer.failed:
                change.claims += health.fail(answer.failed, moment.clock_ms)
            else:
                change.claims += health.recover(moment.clock_ms)
            if answer.key is not None:
                self.escalation.sounded(answer.output, answer.key, failed=bool(answer.failed), moment=moment)
        return change


def desk_of(config: Config, directory: Path) -> Desk | None:
    """The desk of a configuration; None where it has no `[alarm]`.

    Raises:
        ConfigError: an output that cannot be.
    """
    settings = config.alarm
    if settings is None:
        return None
    gateway = config.gateway.name
    return Desk(
        settings=settings,
        directory=directory,
        roles=Roles.of(config),
        escalation=Escalation(gateway, settings),
        choir=sounding.plan(config, settings),
        healths={each.name: Health(f"device:{gateway}/{each.name}", None) for each in settings.outputs},
    )


def _mains(path: Path | None) -> bool | None:
    """Whether there is mains power, as the file says; None where nobody tells."""
    if path is None:
        return None
    try:
        return path.read_text().strip() == "1"
    except (OSError, UnicodeDecodeError):
        return None
