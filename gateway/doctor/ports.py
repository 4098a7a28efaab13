"""One serial port under examination: can it be opened, by whom is it held, who answers on it.

I/O only; who is asked what is `handshakes`'. Each question waits a third of a second at most, so a port takes some
twelve seconds where nobody answers, and the first family that answers ends it.
"""

import errno
import getpass
import grp
import os
import stat
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import serial
from serial.tools import list_ports

from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import Handshake

_QUIET_SECONDS = 0.06
_MOST_BYTES = 4096
_BY_ID = Path("/dev/serial/by-id")
_PROCESSES = Path("/proc")
_READ_AND_WRITE = stat.S_IRGRP | stat.S_IWGRP


@dataclass(frozen=True, slots=True)
class Met:
    """Who answered on a port: the handshake, and what it said."""

    handshake: Handshake
    detail: str


@dataclass(frozen=True, slots=True)
class Examined:
    """One port: what is to be said of it, and who answered."""

    port: str
    findings: tuple[Finding, ...]
    met: Met | None = None


def present(folder: Path = _BY_ID) -> list[str]:
    """The serial ports of this machine, by id where they have one; a mainboard's that nobody wired are left out."""
    by_id = sorted(str(path) for path in folder.iterdir()) if folder.is_dir() else []
    known = {os.path.realpath(path) for path in by_id}
    others = [each.device for each in list_ports.comports() if each.hwid not in {"", "n/a"}]
    return by_id + sorted(port for port in others if os.path.realpath(port) not in known)


def holders(port: str, processes: Path = _PROCESSES) -> list[tuple[int, str]]:
    """Process id and name of everybody who has the port open, this process left out, as far as one may look."""
    wanted = os.path.realpath(port)
    found = []
    for folder in sorted(processes.glob("[0-9]*/fd")):
        number = int(folder.parent.name)
        if number != os.getpid() and any(_leads_to(path, wanted) for path in _listed(folder)):
            found.append((number, _name(folder.parent)))
    return found


def _listed(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError:
        return


def _leads_to(path: Path, wanted: str) -> bool:
    try:
        return str(path.readlink()) == wanted
    except OSError:
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "?"


def why_closed(port: str, error: Exception) -> Finding:
    """Why a port cannot be opened, and what to do about it."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT or not Path(port).exists():
        return Finding("fault", "port-gone", {"port": port})
    if number in {errno.EACCES, errno.EPERM}:
        group = _group(port)
        if not group:
            return Finding("fault", "port-for-root", {"port": port, "tty": Path(port).resolve().name})
        return Finding("fault", "port-forbidden", {"port": port, "group": group, "user": getpass.getuser()})
    if number in {errno.EBUSY, errno.EAGAIN}:
        return Finding("fault", "port-locked", {"port": port})
    return Finding("fault", "port-broken", {"port": port, "reason": str(error)})


def _group(port: str) -> str:
    """Whoever is in it may open the port; empty where none may, or root's alone."""
    try:
        about = Path(port).stat()
        if not about.st_gid or about.st_mode & _READ_AND_WRITE != _READ_AND_WRITE:
            return ""
        return grp.getgrgid(about.st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"


@dataclass(slots=True)
class _Talk:
    """What one port said so far, to whatever was asked; `listeners` know who speaks by himself."""

    listeners: tuple[Handshake, ...]
    heard: bytes = b""
    echoes: bool = False
    met: Met | None = None

    def take(self, handshake: Handshake, came: bytes) -> bool:
        """One answer; whether somebody was met."""
        echo = bool(handshake.ask) and came.startswith(handshake.ask)
        said = came[len(handshake.ask) :] if echo else came
        # Whoever speaks by himself does so whenever he likes, and at whatever speed a plug with a USB of its own has.
        for each in (handshake, *self.listeners):
            detail = each.answer(said)
            if detail is not None:
                self.met = Met(replace(each, baud=handshake.baud, parity=handshake.parity), detail)
                break
        self.echoes = self.echoes or echo
        self.heard += b"" if echo else came
        return self.met is not None


def examine(port: str, asked: Sequence[Handshake]) -> Examined:
    """Open a port and ask, until somebody answers."""
    talk = _Talk(tuple(each for each in asked if not each.ask))
    try:
        _converse(port, asked, talk)
    except (serial.SerialException, OSError, ValueError) as error:
        return Examined(port, (why_closed(port, error),))
    # A modem echoes what it is told until it is told not to.
    is_modem = talk.met is not None and talk.met.handshake.family == "sms"
    echo = (Finding("fault", "port-echo", {"port": port}),) if talk.echoes and not is_modem else ()
    if talk.met is not None or echo:
        return Examined(port, echo, talk.met)
    if talk.heard:
        values = {"port": port, "bytes": str(len(talk.heard)), "hex": talk.heard[:16].hex(" ")}
        return Examined(port, (Finding("fault", "port-garbled", values),))
    return Examined(port, (Finding("warning", "port-mute", {"port": port}),))


class SettingRefusedError(OSError):
    """The port's driver does not take a speed or a parity; others it may take."""


def _converse(port: str, asked: Sequence[Handshake], talk: _Talk) -> None:
    refused: list[SettingRefusedError] = []
    speeds = [list(together) for _, together in groupby(asked, key=_speed)]
    for together in speeds:
        try:
            with _opened(port, *_speed(together[0])) as line:
                if any(talk.take(handshake, _ask(line, handshake)) for handshake in together):
                    return
        except SettingRefusedError as error:
            refused.append(error)
    if refused and len(refused) == len(speeds):
        raise refused[0]


@contextmanager
def _opened(port: str, baud: int, parity: str) -> Iterator[serial.Serial]:
    """A port at a speed.

    Raises:
        SettingRefusedError: not at this one.
        OSError: not at all, or it broke.
    """
    try:
        with serial.Serial(port, baud, parity=parity, timeout=0.02, write_timeout=1.0, exclusive=True) as line:
            yield line
    except termios.error as error:
        # pyserial lets it through: an adapter without parity says so where it is set up.
        raise SettingRefusedError(*error.args) from error


def _speed(handshake: Handshake) -> tuple[int, str]:
    return handshake.baud, handshake.parity


def answers(port: str, asked: Sequence[Handshake]) -> list[bytes]:
    """What came after each question, whoever said it.

    Raises:
        OSError: the port cannot be opened, or broke.
    """
    heard = []
    for (baud, parity), together in groupby(asked, key=_speed):
        with _opened(port, baud, parity) as line:
            heard += [_ask(line, handshake) for handshake in together]
    return heard


def _ask(line: serial.Serial, handshake: Handshake) -> bytes:
    line.reset_input_buffer()
    if handshake.ask:
        line.write(handshake.ask)
    return _heard(line, handshake.seconds, quiet_ends=True)


def _heard(line: serial.Serial, seconds: float, *, quiet_ends: bool) -> bytes:
    """What comes until the time is up, or the line is quiet again."""
    came, now = b"", time.monotonic()
    give_up_at, last_at = now + seconds, now
    while (now := time.monotonic()) < give_up_at and len(came) < _MOST_BYTES:
        more = line.read(max(1, line.in_waiting))
        if more:
            came, last_at = came + more, now
        elif quiet_ends and came and now - last_at > _QUIET_SECONDS:
            break
    return came
