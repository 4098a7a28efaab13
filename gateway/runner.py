"""The gateway as a running process: ports → watch → outbox → uplink, and back to rest on a signal.

One thread (this one) takes the letters of all ports, lets the watch say what they mean, and lets `keeping` make it
durable; each port and the uplink have threads of their own.
"""

import os
import queue
import secrets
import signal
import sys
import threading
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType

import structlog

from gateway import claim, enrol, following, lag, lines, outbox_age
from gateway import status as statuses
from gateway.alarm.condition import Facts
from gateway.alarm.desk import desk_of
from gateway.claim import Claim
from gateway.clock import Clock, Instants, SimulatedClock, SystemClock
from gateway.config import ClockSettings, Config, load
from gateway.device import Change
from gateway.endings import Endings
from gateway.erasing import Eraser
from gateway.following import Follower, Pinned
from gateway.keeping import Keeping, Learnt
from gateway.ledger_clock import LedgerClock
from gateway.ledgerkeys import LedgerKeys
from gateway.outbox import Identity, Outbox, OutboxError
from gateway.page.server import Shown, serving
from gateway.ports.mailbox import Heard, Letter, Stepped
from gateway.pulse import stuck
from gateway.servicemanager import ServiceManager
from gateway.session import Moment
from gateway.uplink import Uplink, connect, http_get, http_post
from gateway.watch import Watch
from gateway.wire.items import LabelScan
from ledger.core import note
from ledger.core.errors import ConfigError, XuemaiError
from ledger.core.ids import format_instant

OUTBOX_NAME = "outbox.db"
TICK_SECONDS = 0.1
STATUS_SECONDS = 1.0
PRUNE_SECONDS = 1.0
"""A little at a time: most of the time there is nothing to forget, and asking costs two rows."""
_DRAIN_LETTERS = 2000
_log = structlog.get_logger("gateway")


def clock_of(settings: ClockSettings) -> Clock:
    """The configured clock.

    Raises:
        ConfigError: the simulated clock's file cannot be used.
    """
    if settings.source == "simulated" and settings.path is not None:
        return SimulatedClock(settings.path)
    return SystemClock()


def outbox_of(directory: Path, config: Config, clock: Clock) -> Outbox:
    """The gateway's outbox, not open yet.

    Raises:
        ConfigError: the key or the receipt key cannot be used.
    """
    identity = Identity(
        origin=config.gateway.origin,
        gateway=config.gateway.name,
        epoch=config.gateway.epoch,
        signer=enrol.load_signer(directory, config.gateway),
        receipt_key=note.parse_vkey(config.uplink.receipt_key),
    )
    return Outbox(directory / OUTBOX_NAME, identity, clock, secrets.token_bytes, config.outbox)


class Runner:
    """One gateway from start to drain. `run` returns when a signal came and the outbox was sent, or time was up."""

    def __init__(self, directory: Path, config: Config, clock: Clock) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            ConfigError: the key, the receipt key, a device family or the CA file cannot be used.
        """
        self._directory, self._config, self._clock = directory, config, clock
        self._letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self._instants = Instants(clock, lambda step_ms, now_ms: self._letters.put(Stepped(step_ms, now_ms)))
        self._steps_taken = 0
        self._ended = threading.Event()
        self._outbox = outbox_of(directory, config, clock)
        self._endings = Endings(config)
        pool, present = connect(config.uplink, self._endings.hear_ledger), partial(following.present, self._outbox)
        self._ledger_clock = LedgerClock(clock)
        self._follower = Follower(
            self._outbox, http_get(config.uplink, pool, present), _pinned(config), directory, clock.monotonic
        )
        self._ledger_keys = LedgerKeys(self._outbox, self._follower.get, self._follower, clock.monotonic)
        eraser = Eraser(self._outbox, self._follower.get, self._ledger_keys, clock.monotonic)
        self._uplink = Uplink(
            self._outbox, http_post(config.uplink, pool, present, self._ledger_clock.hear), sentinel=eraser
        )
        self._watch = Watch(config, salt=lambda: secrets.token_bytes(16), reading=config.labels.reading())
        self._ports = lines.plan(config, moment=self.moment, post=self._letters.put, shown=self._endings.hear_broker)
        self._shown = Shown(clock.monotonic)
        self._desk = desk_of(config, directory)
        self._keeping = Keeping(
            self._outbox,
            f"device:{config.gateway.name}",
            self._ports.acknowledge,
            self._ports.tell_stored,
            self._ports.tell_refused,
        )
        self._manager = ServiceManager.of(os.environ, os.getpid())
        self._failure = self._storage_alarm = self._status_alarm = ""
        self._due = {"status": 0.0, "prune": 0.0}

    def moment(self) -> Moment:
        """The present instant, in both times."""
        now_ms, trust = self._instants.now()
        return Moment(now_ms, self._clock.monotonic(), trust)

    def end(self) -> None:
        """Let `run` drain and return."""
        self._ended.set()

    def fail(self, reason: str) -> None:
        """A thread died: drain, then let `run` raise, so that whoever supervises the process starts it anew."""
        self._failure = reason
        self._ended.set()

    def run(self, *, drain_seconds: float) -> None:
        """Run until `end`; then close segments, seal, and send for at most so many real seconds.

        Raises:
            ConfigError: the outbox is another's, or in use.
            OutboxError: nothing can be kept any more, and memory is full of what should have been.
            XuemaiError: a thread died.
        """
        with self._outbox, serving(self._config.page, self._shown):
            sender = threading.Thread(target=self._uplink.run, name="uplink", daemon=True)
            self._begin()
            sender.start()
            for port in self._ports.all():
                port.start()
            self._manager.ready()
            try:
                while not self._ended.is_set():
                    self._turn()
                    self._supervise()
                self._manager.stopping()
                for line in self._ports.lines:
                    line.end()
                self._drain(drain_seconds)
            finally:
                self._uplink.end()
                if self._desk is not None:
                    self._desk.choir.end()
                sender.join(timeout=5)
        if self._failure:
            raise XuemaiError(f"expected every thread to live; {self._failure}. Everything was kept: start it again")

    def _begin(self) -> None:
        moment = self.moment()
        change = self._watch.restore(self._outbox.standing(), moment)
        started = claim.gateway_started(_version(), note.format_base64(self._config.digest), now_ms=moment.clock_ms)
        outbox_age.look_after_room(self._outbox)
        self._keeping.keep([Learnt(Change([*change.claims, started], change.state))])
        if self._desk is not None:
            self._desk.escalation.restore(self._outbox.state("alarm/"), moment)
            self._desk.choir.start()
        _log.info("started", gateway=self._config.gateway.name, clock=self._clock.name)

    def _turn(self) -> None:
        learnt = [self._learn(letter) for letter in self._take_letters(TICK_SECONDS)]
        moment = self.moment()
        if self._instants.steps == self._steps_taken:
            # Else a step waits to be read, and what seems to have passed has not.
            learnt.append(Learnt(self._watch.tick(moment).observed(moment.trust)))
            learnt.append(Learnt(Change(self._clocks_apart(moment.clock_ms)).observed(moment.trust)))
        self._keeping.keep(learnt)
        for line in dict.fromkeys(path for each in learnt for path in each.change.unpaired):
            self._ports.tell_unpaired(line)
        self._housekeeping()

    def _clocks_apart(self, now_ms: int) -> list[Claim]:
        ahead_ms = self._ledger_clock.take_told(now_ms)
        if ahead_ms is None:
            return []
        return [claim.clock_skew(f"device:{self._config.gateway.name}", "ledger", -ahead_ms, now_ms=now_ms)]

    def _supervise(self) -> None:
        """Let the service manager know that we live, and end where a thread does not."""
        now = self._clock.monotonic()
        self._manager.alive(now)
        reason = stuck([*self._ports.pulses(), ("uplink", self._uplink.pulse)], now)
        if reason:
            _log.critical("stuck", reason=reason)
            self.fail(reason)

    def _learn(self, letter: Letter) -> Learnt:
        change = self._watch.letter(letter if self._desk is None else self._desk.letter(letter))
        if isinstance(letter, Stepped):
            self._steps_taken += 1
            self._ledger_clock.shift(letter.step_ms)
            return Learnt(change)
        change = change.observed(letter.moment.trust)
        if not isinstance(letter, Heard):
            return Learnt(change)
        scanned = any(isinstance(item, LabelScan) for item in letter.items)
        message = None if letter.message is None else (letter.source, letter.message)
        return Learnt(change, message, letter.source if scanned else "")

    def _take_letters(self, wait_seconds: float) -> list[Letter]:
        """What came: at once if something waits, but not more than one commit should hold."""
        letters: list[Letter] = []
        try:
            letters.append(self._letters.get(timeout=wait_seconds))
            while len(letters) < _DRAIN_LETTERS:
                letters.append(self._letters.get_nowait())
        except queue.Empty:
            pass
        return letters

    def _housekeeping(self) -> None:
        try:
            if self._outbox.seal_due():
                self._uplink.wake()
            if self._is_due("prune", PRUNE_SECONDS):
                outbox_age.prune(self._outbox)
                outbox_age.look_after_room(self._outbox)
            self._storage_alarm = ""
        except OutboxError as error:
            if str(error) != self._storage_alarm:
                _log.critical("storage", reason=str(error))
            self._storage_alarm = str(error)
        if self._is_due("status", STATUS_SECONDS):
            self._follow_key()
            self._write_status()

    def _is_due(self, what: str, interval_seconds: float) -> bool:
        now = self._clock.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + interval_seconds
        return True

    def _follow_key(self) -> None:
        """Sign with the key that a person has put in place of the one before."""
        try:
            signer = enrol.load_signer(self._directory, self._config.gateway)
        except ConfigError as error:
            _log.critical("key not followed", reason=str(error))
            return
        if signer.verifier != self._outbox.identity.signer.verifier:
            self._outbox.adopt(signer)
            _log.info("key followed", key=note.format_vkey(signer.verifier))

    def _went_back(self) -> str:
        """Why the ledger is not what it was: by what is pinned here, or because it says so itself; empty: it is."""
        return self._outbox.ledger.refusal() or self._uplink.standstill or self._follower.standstill

    def _alarms(self) -> list[str]:
        """What is wrong with the gateway itself and its ledger, in words."""
        named = {
            "ledger_went_back": self._went_back(),
            "ledger_key": self._ledger_keys.last_error,
            "ledger_not_believed": self._uplink.distrust,
        }
        told = [f"{what}: {reason}" for what, reason in named.items() if reason]
        stopped = [f"{name}: {stream.stopped}" for name, stream in self._outbox.streams().items() if stream.stopped]
        told += [*stopped, *dict.fromkeys(filter(None, (self._keeping.alarm, self._storage_alarm)))]
        # Reasons to try again are only worth a person's time where nothing else is wrong.
        for error in (self._uplink.last_error, self._follower.last_error):
            if error and not told:
                told.append(f"{statuses.UPLINK}{error}")
        return told

    def _write_status(self) -> None:
        desk = self._desk
        now_ms = self._clock.now_ms()
        step_ms, set_ms = self._instants.last_step
        told = statuses.Status(
            gateway=self._config.gateway.name,
            site_name=self._config.gateway.site_name,
            time=format_instant(now_ms),
            clock=self._clock.name,
            clock_set=format_instant(set_ms) if step_ms else "",
            clock_set_ms=step_ms,
            ledger_ahead_ms=self._ledger_clock.ahead_ms,
            process=os.getpid(),
            devices=self._watch.statuses(),
            streams=self._outbox.streams(),
            checkpoint_size=self._outbox.ledger.size(),
            ledger_keys=statuses.told_keys(self._ledger_keys.believed()),
            ledger="reachable" if self._uplink.reachable else "unreachable",
            alarms=self._alarms(),
            lags=lag.of(self._outbox.ends(), now_ms),
            room=statuses.room_of(self._directory / OUTBOX_NAME, self._outbox.left_bytes()),
            endings=self._endings.told(now_ms),
            sounding=desk.alarms() if desk else [],
            outputs=desk.outputs() if desk else [],
        )
        if desk is not None:
            refusal = self._went_back() or self._uplink.distrust
            storage = self._keeping.alarm or self._storage_alarm
            facts = Facts(told, refusal=refusal, storage=storage, undecided=self._watch.undecided())
            self._keeping.keep([Learnt(desk.turn(facts, self.moment()))])
        self._shown.show(told)
        try:
            statuses.write(self._directory, told)
            self._status_alarm = ""
        except OSError as error:
            # Once: on a full disk the log must not be what fills it again.
            if str(error) != self._status_alarm:
                _log.critical("status not written", reason=str(error))
            self._status_alarm = str(error)

    def _can_send(self) -> bool:
        return self._outbox.ledger.refusal() is None and self._outbox.next_batch() is not None

    def _drain(self, drain_seconds: float) -> None:
        learnt = [self._learn(letter) for letter in self._take_letters(0.01) if isinstance(letter, Heard)]
        self._keeping.keep_now([*learnt, Learnt(self._watch.close(self.moment()))])
        for broker in self._ports.brokers:
            # Only now: what was just committed has been acknowledged, what was not will be delivered again.
            broker.end()
        self._outbox.seal_all()
        self._uplink.wake()
        give_up_at = self._clock.monotonic() + drain_seconds
        while self._can_send() and self._clock.monotonic() < give_up_at:
            threading.Event().wait(TICK_SECONDS)
        self._write_status()
        waiting = {name: stream.waiting for name, stream in self._outbox.streams().items()}
        _log.info("drained", waiting_batches=waiting)


def _pinned(config: Config) -> Pinned:
    keys = tuple(note.parse_vkey(vkey) for vkey in config.uplink.log_keys)
    return Pinned(config.gateway.origin, keys, config.uplink.checkpoint_seconds)


def run(directory: Path, *, drain_seconds: float) -> None:
    """Run the gateway of `directory` until SIGTERM or SIGINT.

    Raises:
        XuemaiError: it cannot start, or cannot go on; see `Runner`.
    """
    config = load(directory)
    runner = Runner(directory, config, clock_of(config.clock))

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        runner.end()

    def died(told: threading.ExceptHookArgs) -> None:
        runner.fail(f"{told.thread.name if told.thread else 'a thread'}: {told.exc_value!r}")
        sys.__excepthook__(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    threading.excepthook = died
    runner.run(drain_seconds=drain_seconds)


def _version() -> str:
    try:
        return version("xuemai")
    except PackageNotFoundError as error:
        raise XuemaiError("expected the distribution xuemai to be installed") from error
