"""A barcode scanner in serial mode, 9600 8N1: text and a terminator, as a blood bank sets it up for ISBT 128.

    python -m firmware_mocks.barcode_scanner --link /tmp/by-id/usb-scanner [--terminator crlf] [--aim ]C0]

Command: `{"cmd": "scan", "text": "=A99992612345600"}`. A list of texts is scanned as one: the bars of a concatenation
arrive in one line without separator. An `aim` in the command overrides the option for one scan. Faults: those of a
serial line but `checksum` (text has none); `cut` is a truncated scan, `duplicate` a double trigger 200 ms later.
"""

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


class Scanner:
    """The scanner's settings and its line."""

    def __init__(self, link: PtyLink, common: Setting, *, terminator: bytes, aim: str) -> None:
        """A scanner that waits for a trigger."""
        self._link, self._terminator, self._aim = link, terminator, aim
        self._line = FaultyLine(common.plan, late_seconds=common.late_seconds, echo_seconds=_DOUBLE_TRIGGER_SECONDS)
        self._frames = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """A scanner does not listen."""

    def advance(self, now_ms: int) -> None:
        """A scanner does nothing by itself."""

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
        self._frames += 1
        octets = "".join([aim, *bars]).encode("ascii") + self._terminator
        sent = self._line.send(octets, now_ms)
        for emission in sent.emissions:
            self._link.send(emission.octets, after_seconds=emission.after_seconds)
        return {"faults": list(sent.faults)}

    def counters(self) -> dict[str, object]:
        """Scans."""
        return {"frames": self._frames}


def main() -> None:
    """Run the scanner until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=9600)
    parser.add_argument("--terminator", choices=sorted(TERMINATORS), default="crlf", help="what ends a scan")
    parser.add_argument("--aim", choices=AIM, default="", help="symbology identifier to send first")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    run(Scanner(link, common, terminator=TERMINATORS[options.terminator], aim=options.aim), link, common)


if __name__ == "__main__":
    main()
