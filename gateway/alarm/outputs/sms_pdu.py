"""SMS-SUBMIT: a short text as the octets that a modem sends (3GPP TS 23.040 §9.2.2.2), in UCS-2. Pure."""

from gateway.alarm.notice import SMS_CHARACTERS

_NO_SMSC = b"\x00"
"""The service centre's number: the one that is kept in the SIM."""
_SUBMIT = b"\x01\x00"
"""SMS-SUBMIT without validity period; the modem chooses the message reference (§9.2.3.1, §9.2.3.6)."""
_INTERNATIONAL, _UNKNOWN = 0x91, 0x81
_PID_DCS_UCS2 = b"\x00\x08"


def submit(number: str, text: str) -> tuple[str, int]:
    """The PDU in hex for `AT+CMGS`, and its length without the service centre's octets, which that command wants.

    Args:
        number: with or without `+`.
        text: cut to what one message holds: 70 UTF-16 units.
    """
    digits = number.removeprefix("+")
    kind = _INTERNATIONAL if number.startswith("+") else _UNKNOWN
    content = _cut(text)
    tpdu = _SUBMIT + bytes([len(digits), kind]) + _semi_octets(digits) + _PID_DCS_UCS2 + bytes([len(content)]) + content
    return (_NO_SMSC + tpdu).hex().upper(), len(tpdu)


def _semi_octets(digits: str) -> bytes:
    """Two digits an octet, swapped, padded with F (§9.1.2.3)."""
    padded = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join(second + first for first, second in zip(padded[::2], padded[1::2], strict=True)))


def _cut(text: str) -> bytes:
    content = text.encode("utf-16-be")[: SMS_CHARACTERS * 2]
    # Never half of a character beyond the basic plane.
    return content[:-2] if 0xD8 <= content[-2] <= 0xDB else content
