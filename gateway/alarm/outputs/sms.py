"""A modem with AT commands as an output: one short message a number for each step, none when an alarm is over.

3GPP TS 27.007 (`+CPIN`, `+CREG`, `+CEREG`) and TS 27.005 (`+CMGF`, `+CMGS`; PDU mode, because text mode's alphabets
differ from modem to modem). Numbers are persons' and stay in the configuration: no event, status or log line holds one.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import serial

from gateway.alarm.notice import Notice
from gateway.alarm.outputs import sms_pdu
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import SmsSettings

ANSWER_SECONDS = 3.0
SENT_SECONDS = 30.0
_END = re.compile(rb"(?:^|\r\n)(OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)\r\n|(?:^|\r\n)(>) ?\Z")
_REGISTERED = re.compile(rb"\+CE?REG: [0-5],[1567](?![0-9])")
"""TS 27.007 §7.2 and §10.1.22: home network, roaming; 6 and 7: for short messages alone, home and roaming."""
_CTRL_Z, _ESCAPE = b"\x1a", b"\x1b"


@dataclass(frozen=True, slots=True)
class SmsOutput:
    """See the module."""

    settings: SmsSettings

    def tell(self, notice: Notice) -> None:
        """Send the notice's text to every number. That somebody took charge, or that it is over, is not sent.

        Raises:
            OutputFailed: a message was not taken for one of the numbers; the others were tried all the same.
        """
        if notice.phase != "raised":
            # Nothing to do is no sign that it works again.
            self.check()
            return
        failed: list[str] = []
        with _open(self.settings) as line:
            modem = _Modem(line)
            modem.ready(self.settings.pin_file)
            modem.ask(b"AT+CMGF=0")
            for place, number in enumerate(self.settings.numbers, start=1):
                try:
                    modem.send(*sms_pdu.submit(number, notice.text))
                except OutputFailed as error:
                    failed.append(f"number {place} of {len(self.settings.numbers)}: {error}")
        if failed:
            raise OutputFailed("; ".join(failed))

    def check(self) -> None:
        """Whether the modem answers, its SIM is open, and it is in a network.

        Raises:
            OutputFailed: one of these is not so.
        """
        with _open(self.settings) as line:
            _Modem(line).ready(self.settings.pin_file)


def _open(settings: SmsSettings) -> serial.Serial:
    try:
        return serial.Serial(settings.port, settings.baud, timeout=0.05, write_timeout=2.0, exclusive=True)
    except (OSError, ValueError) as error:
        raise OutputFailed(f"expected a modem at {settings.port}; {error}") from error


@dataclass(frozen=True, slots=True)
class _Modem:
    line: serial.Serial

    def ready(self, pin_file: Path | None) -> None:
        """Wake it, unlock it, and see it in a network."""
        self._write(_ESCAPE)  # an earlier message that was never ended
        self.ask(b"ATE0")
        if b"+CPIN: READY" not in (said := self.ask(b"AT+CPIN?")):
            if b"SIM PIN" not in said or pin_file is None:
                raise OutputFailed(f"expected an open SIM; got {_told(said)}: say its PIN in pin_file")
            self.ask(b"AT+CPIN=" + _pin(pin_file))
        said = self.ask(b"AT+CREG?")
        if not _REGISTERED.search(said) and not _REGISTERED.search(self._in_packet_network()):
            raise OutputFailed(f"expected to be in a network (+CREG or +CEREG 1, 5, 6 or 7); got {_told(said)}")

    def _in_packet_network(self) -> bytes:
        """What it says of LTE, which some networks have without a circuit-switched one; older modems know no such."""
        try:
            return self.ask(b"AT+CEREG?")
        except OutputFailed:
            return b""

    def ask(self, command: bytes) -> bytes:
        """One command, answered by OK."""
        self.line.reset_input_buffer()
        self._write(command + b"\r")
        said, end = self._until_end(ANSWER_SECONDS)
        if end != b"OK":
            raise OutputFailed(f"expected OK to {command.partition(b'=')[0].decode()}; got {_told(end or said)}")
        return said

    def send(self, pdu: str, length: int) -> None:
        """One message: the prompt, the octets, the network's word."""
        self.line.reset_input_buffer()
        self._write(f"AT+CMGS={length}\r".encode())
        said, end = self._until_end(ANSWER_SECONDS)
        if end != b">":
            raise OutputFailed(f"expected a prompt for the message; got {_told(end or said)}")
        self._write(pdu.encode() + _CTRL_Z)
        said, end = self._until_end(SENT_SECONDS)
        if end != b"OK" or b"+CMGS:" not in said:
            raise OutputFailed(f"expected +CMGS and OK; got {_told(end or said)}")

    def _until_end(self, seconds: float) -> tuple[bytes, bytes]:
        """What came, and the word that ends an answer; empty if it did not come in time."""
        said, give_up_at = b"", time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            said += self._read()
            if (found := _END.search(said)) is not None:
                return said, found[1] or found[2]
        return said, b""

    def _read(self) -> bytes:
        try:
            return bytes(self.line.read(max(1, self.line.in_waiting)))
        except (OSError, TypeError) as error:
            raise OutputFailed(f"expected the modem to stay; {error}") from error

    def _write(self, content: bytes) -> None:
        try:
            self.line.write(content)
        except OSError as error:
            raise OutputFailed(f"expected the modem to stay; {error}") from error


def _pin(path: Path) -> bytes:
    try:
        return path.read_text().strip().encode()
    except OSError as error:
        raise OutputFailed(f"expected the SIM's PIN in {path}; {error.strerror}") from error


def _told(said: bytes) -> str:
    return said.decode("ascii", "replace").strip().replace("\r\n", " ") or "nothing"
