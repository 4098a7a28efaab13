"""A GSM/LTE modem with AT commands, 115200 8N1: it takes short messages in PDU mode.

    python -m firmware_mocks.sms_modem --link /tmp/by-id/usb-modem [--pin 1234]

`ATE`, `AT`, `AT+CMEE`, `AT+CPIN`, `AT+CREG` and `AT+CEREG` as in 3GPP TS 27.007, `AT+CMGF` and `AT+CMGS` as in
TS 27.005; a message is an SMS-SUBMIT of TS 23.040 §9.2.2.2, unpacked here on its own. It echoes until ATE0, as modems
do. Commands: `{"cmd": "sent"}`: the messages that the network took, as number and text;
`{"cmd": "registered", "circuit": 0, "packet": 1}`: how it stands in the two networks (`packet` -1: an older modem,
which knows no `AT+CEREG`). Faults: `no_network` (+CREG and +CEREG 0,2, once each), `refused` (+CMS ERROR 500),
`silence`.
"""

from firmware_mocks.control import CommandError, Request, Setting, common_options, number, run, serial_options, setting
from firmware_mocks.links import PtyLink

FAULTS = {
    "no_network": "it finds no network",
    "refused": "the network does not take the message",
    "silence": "it does not answer",
}
_CTRL_Z, _ESCAPE = b"\x1a", b"\x1b"


class PduError(ValueError):
    """Octets that are no SMS-SUBMIT in UCS-2."""


def unpack(pdu: bytes) -> tuple[str, str]:
    """The number and the text of an SMS-SUBMIT with its service centre's octets before it.

    Raises:
        PduError: it is not one.
    """
    at = 1 + pdu[0]
    if pdu[at] & 0x03 != 0x01:
        raise PduError("expected SMS-SUBMIT")
    digits, kind = pdu[at + 2], pdu[at + 3]
    end = at + 4 + (digits + 1) // 2
    swapped = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in pdu[at + 4 : end])
    if pdu[end + 1] & 0x0C != 0x08:
        raise PduError("expected UCS-2")
    content = pdu[end + 3 :]
    if pdu[at] & 0x18 or len(content) != pdu[end + 2]:
        raise PduError("expected as many octets as the message says, and no validity period")
    return ("+" if kind == 0x91 else "") + swapped[:digits], content.decode("utf-16-be")


class Modem:
    """The modem's state and its line."""

    def __init__(self, link: PtyLink, common: Setting, *, pin: str) -> None:
        """Registered in a network; locked where it has a PIN."""
        self._link, self._plan, self._pin = link, common.plan, pin
        self._locked, self._echo, self._in_pdu_mode = bool(pin), True, False
        self._circuit, self._packet = 1, 1
        self._awaited: int | None = None
        self._heard = b""
        self._sent: list[dict[str, str]] = []
        self._commands = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Take commands, each ended by CR, or after a prompt the message, ended by Ctrl-Z."""
        if self._echo:
            self._link.send(octets)
        self._heard += octets
        while self._take(now_ms):
            pass

    def _take(self, now_ms: int) -> bool:
        if _ESCAPE in self._heard:
            self._heard = self._heard.partition(_ESCAPE)[2]
            self._awaited = None
            return True
        content, end, rest = self._heard.partition(b"\r" if self._awaited is None else _CTRL_Z)
        if not end:
            return False
        self._heard = rest
        if self._plan.strikes("silence", now_ms):
            self._awaited = None
        elif self._awaited is None:
            self._say(self._obeyed(content.decode("ascii", "replace").strip().upper(), now_ms))
        else:
            self._say(self._taken(content, self._awaited, now_ms))
            self._awaited = None
        return True

    def _say(self, answer: str) -> None:
        self._link.send(answer.encode("ascii") if answer == "> " else f"\r\n{answer}\r\n".encode("ascii"))

    def _obeyed(self, command: str, now_ms: int) -> str:
        self._commands += 1
        if command.startswith("AT+CMGS="):
            return self._prompted(command)
        if command.startswith("AT+CPIN="):
            self._locked = self._locked and command.partition("=")[2].strip('"') != self._pin
            return "+CME ERROR: 16" if self._locked else "OK"
        if command == "AT+CPIN?":
            return f"+CPIN: {'SIM PIN' if self._locked else 'READY'}\r\n\r\nOK"
        if command in {"AT+CREG?", "AT+CEREG?"}:
            return self._registered(command[2:-1], now_ms)
        if command in {"ATE0", "ATE1"}:
            self._echo = command == "ATE1"
        elif command in {"AT+CMGF=0", "AT+CMGF=1"}:
            self._in_pdu_mode = command.endswith("0")
        elif command not in {"AT", "AT+CMEE=1"}:
            return "ERROR"
        return "OK"

    def _registered(self, name: str, now_ms: int) -> str:
        state = self._circuit if name == "+CREG" else self._packet
        if state < 0:
            return "ERROR"
        searches = self._locked or self._plan.strikes("no_network", now_ms)
        return f"{name}: 0,{2 if searches else state}\r\n\r\nOK"

    def _prompted(self, command: str) -> str:
        length = command.partition("=")[2]
        if self._locked or not self._in_pdu_mode or not length.isdigit():
            return "+CMS ERROR: 304"
        self._awaited = int(length)
        return "> "

    def _taken(self, content: bytes, length: int, now_ms: int) -> str:
        if self._plan.strikes("refused", now_ms):
            return "+CMS ERROR: 500"
        try:
            pdu = bytes.fromhex(content.decode("ascii"))
            number, text = unpack(pdu)
        except (ValueError, IndexError):
            return "+CMS ERROR: 304"
        if len(pdu) - 1 - pdu[0] != length:
            return "+CMS ERROR: 304"
        self._sent.append({"number": number, "text": text})
        return f"+CMGS: {len(self._sent)}\r\n\r\nOK"

    def advance(self, now_ms: int) -> None:
        """Nothing happens by itself."""

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `sent` and `registered`."""
        del now_ms
        if command == "registered":
            self._circuit, self._packet = int(number(request, "circuit")), int(number(request, "packet"))
            return {}
        if command != "sent":
            raise CommandError(f"unknown command {command!r}")
        return {"sent": list(self._sent)}

    def counters(self) -> dict[str, object]:
        """Commands and messages."""
        return {"commands": self._commands, "messages": len(self._sent)}


def main() -> None:
    """Run the modem until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=115200)
    parser.add_argument("--pin", default="", help="of its SIM; empty: it has none")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    run(Modem(link, common, pin=options.pin), link, common)


if __name__ == "__main__":
    main()
