"""Outputs on threads of their own: told what to say, checked now and then, their answers collected.

Whatever an output does, hang, fail or throw, it holds up nobody: neither the gateway nor another output.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import structlog

from gateway.alarm.escalation import Order
from gateway.alarm.notice import Notice
from gateway.alarm.outputs.command import CommandOutput
from gateway.alarm.outputs.mqtt import MqttOutput
from gateway.alarm.outputs.output import Output, OutputFailed
from gateway.alarm.outputs.relay import RelayOutput
from gateway.alarm.outputs.sms import SmsOutput
from gateway.alarm.settings import (
    AlarmSettings,
    CommandSettings,
    MqttOutputSettings,
    OutputSettings,
    RelaySettings,
    SmsSettings,
)
from gateway.config import Config, MqttSettings
from ledger.core.errors import ConfigError

MOST_WAITING = 100
END_SECONDS = 2.0
_log = structlog.get_logger("alarm")


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a notice, or of a check (`key` None): `failed` says why not; empty: it was done."""

    output: str
    key: tuple[str, str] | None
    failed: str


@dataclass(slots=True)
class Voice:
    """One output on its thread.

    Attributes:
        name: as configured.
        output: see `Output`.
        check_seconds: how often it is checked while it has nothing to say; and at once when it begins.
        answers: takes what became of it.
    """

    name: str
    output: Output
    check_seconds: float
    answers: Callable[[Answered], None]
    _orders: queue.Queue[Notice | None] = field(default_factory=lambda: queue.Queue(MOST_WAITING), init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=f"alarm {self.name}", daemon=True)
        self._thread.start()

    def tell(self, notice: Notice) -> None:
        """Say it when what was said before is through."""
        try:
            self._orders.put_nowait(notice)
        except queue.Full:
            self.answers(Answered(self.name, notice.key, f"{MOST_WAITING} notices wait already"))

    def end(self) -> None:
        """Say what waits, but not for long."""
        if self._thread is not None:
            try:
                self._orders.put_nowait(None)
            except queue.Full:
                return
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        self._do(self.output.check, None)
        while True:
            try:
                notice = self._orders.get(timeout=self.check_seconds)
            except queue.Empty:
                self._do(self.output.check, None)
                continue
            if notice is None:
                return
            self._do(partial(self.output.tell, notice), notice.key)

    def _do(self, what: Callable[[], None], key: tuple[str, str] | None) -> None:
        failed = ""
        try:
            what()
        except OutputFailed as error:
            failed = str(error)
        except Exception as error:  # noqa: BLE001  one may break as nobody thought of; the others and the gateway go on
            _log.exception("output broke", output=self.name)
            failed = f"it broke: {error!r}"
        self.answers(Answered(self.name, key, failed))


@dataclass(slots=True)
class Choir:
    """All outputs of one gateway."""

    voices: Mapping[str, Voice]
    _answers: queue.SimpleQueue[Answered]

    def start(self) -> None:
        """Begin, each on its own thread."""
        for voice in self.voices.values():
            voice.start()

    def end(self) -> None:
        """End them all."""
        for voice in self.voices.values():
            voice.end()

    def tell(self, orders: list[Order]) -> None:
        """Hand out, and empty, the orders."""
        for order in orders:
            self.voices[order.output].tell(order.notice)
        orders.clear()

    def answers(self) -> list[Answered]:
        """What came since this was last asked."""
        came: list[Answered] = []
        try:
            while True:
                came.append(self._answers.get_nowait())
        except queue.Empty:
            return came


def plan(config: Config, settings: AlarmSettings) -> Choir:
    """The outputs of a configuration, not yet started.

    Raises:
        ConfigError: an MQTT output without a broker.
    """
    answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
    broker, gateway = config.mqtt, config.gateway.name
    voices = {
        each.name: Voice(each.name, _output(each, broker, gateway), settings.check_seconds, answers.put)
        for each in settings.outputs
    }
    return Choir(voices, answers)


def _output(settings: OutputSettings, broker: MqttSettings | None, gateway: str) -> Output:
    match settings:
        case CommandSettings():
            return CommandOutput(settings)
        case RelaySettings():
            return RelayOutput(settings)
        case SmsSettings():
            return SmsOutput(settings)
        case MqttOutputSettings():
            if broker is None:
                raise ConfigError(f"alarm.output {settings.name}: expected a broker ([mqtt] host) for its topic")
            return MqttOutput(settings, broker, f"xuemai-{gateway}-{settings.name}")
