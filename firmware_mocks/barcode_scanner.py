"""A barcode scanner in serial mode, 9600 8N1: text and a terminator, as a blood bank sets it up for ISBT 128.

    python -m firmware_mocks.barcode_scanner --link /tmp/by-id/usb-scanner [--terminator crlf] [--aim ]C0] [--waits]

Command: `{"cmd": "scan", "text": "=A99992612345600"}`. A list of texts is scanned as one: the bars of a concatenation
arrive in one line without separator. An `aim` in the command overrides the option for one scan. Faults: those of a
serial line but `checksum` (text has none); `cut` is a truncated scan, `duplicate` a double trigger 200 ms later.

What the person hears is counted: `read_beeps`, `bel_beeps` (BEL, 07, from the host), and with `--waits`, which is the
software handshaking of Zebra and Symbol scanners: `taken` (ACK, 06), and `error_tones`, when a scan was sent three
times and answered NAK (15) each time, or when two seconds passed without an answer.
"""

import time

from firmware_mocks.control import (
    CommandError,
    Request,
    Setting,
    common_options,
    run,
    serial_options,
    setting,
    text,
)
from firmware_mocks.faults import LINE_FAULTS, FaultyLine
from firmware_mocks.links import PtyLink

FAULTS = {name: meaning for name, meaning in LINE_FAULTS.items() if name != "checksum"}
TERMINATORS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}
# AIM symbology identifiers: Code 128, and Data Matrix without and with FNC1.
AIM = ("", "]C0", "]d1", "]d2")
_DOUBLE_TRIGGER_SECONDS = 0.2
_ACK, _NAK, _BEL = 0x06, 0x15, 0x07
_ATTEMPTS = 3
_ANSWER_SECONDS = 2.0


class Scanner:
    """The scanner's settings and its line."""

    def __init__(self, link: PtyLink, common: Setting, *, terminator: bytes, aim: str, waits: bool) -> None:
        """A scanner that waits for a trigger; `waits`: and for an answer after it."""
        self._link, self._terminator, self._aim = link, terminator, aim
        self._line = FaultyLine(common.plan, late_seconds=common.late_seconds, echo_seconds=_DOUBLE_TRIGGER_SECONDS)
        self._waits = waits
        self._unanswered = b""
        self._attempts = 0
        self._give_up_at = 0.0
        self._counts = {"frames": 0, "read_beeps": 0, "bel_beeps": 0, "taken": 0, "error_tones": 0}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Hear what the host says of the last scan."""
        self._counts["bel_beeps"] += octets.count(_BEL)
        for octet in octets if self._unanswered else b"":
            if octet == _ACK:
                self._counts["taken"] += 1
                self._unanswered = b""
            elif octet == _NAK:
                self._send_again(now_ms)

    def advance(self, now_ms: int) -> None:
        """Lose patience."""
        del now_ms
        if self._unanswered and time.monotonic() > self._give_up_at:
            self._give_up()

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `scan`."""
        if command != "scan":
            raise CommandError(f"unknown command {command!r}")
        texts = request.get("text")
        bars = texts if isinstance(texts, list) else [texts]
        if not bars or not all(isinstance(bar, str) and bar and bar.isascii() and bar.isprintable() for bar in bars):
            raise CommandError(f"text: expected printable ASCII or a list of it, got {texts!r}")
        aim = text(request, "aim", default=self._aim)
        if aim not in AIM:
            raise CommandError(f"aim: expected one of {AIM}, got {aim!r}")
        self._counts["frames"] += 1
        self._counts["read_beeps"] += 1
        octets = "".join([aim, *bars]).encode("ascii") + self._terminator
        self._attempts = 0
        return {"faults": list(self._send(octets, now_ms))}

    def counters(self) -> dict[str, object]:
        """Scans, and what the person heard."""
        return {**self._counts}

    def _send(self, octets: bytes, now_ms: int) -> tuple[str, ...]:
        if self._waits:
            self._attempts += 1
            self._unanswered, self._give_up_at = octets, time.monotonic() + _ANSWER_SECONDS
        sent = self._line.send(octets, now_ms)
        for emission in sent.emissions:
            self._link.send(emission.octets, after_seconds=emission.after_seconds)
        return tuple(sent.faults)

    def _send_again(self, now_ms: int) -> None:
        if self._attempts < _ATTEMPTS:
            self._send(self._unanswered, now_ms)
        else:
            self._give_up()

    def _give_up(self) -> None:
        self._counts["error_tones"] += 1
        self._unanswered = b""


def main() -> None:
    """Run the scanner until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=9600)
    parser.add_argument("--terminator", choices=sorted(TERMINATORS), default="crlf", help="what ends a scan")
    parser.add_argument("--aim", choices=AIM, default="", help="symbology identifier to send first")
    parser.add_argument("--waits", action="store_true", help="wait for ACK or NAK after each scan")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    run(
        Scanner(link, common, terminator=TERMINATORS[options.terminator], aim=options.aim, waits=options.waits),
        link,
        common,
    )


if __name__ == "__main__":
    main()
