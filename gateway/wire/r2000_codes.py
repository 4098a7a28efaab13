"""Commands and error codes of A0 readers (vendor "UHF RFID Reader Serial Interface" V3.7, sections 2 and 3)."""

SUCCESS = 0x10
ANTENNA_MISSING = 0x22
NO_TAG = 0x36

_NAMES = {
    0x60: "get-gpio",
    0x61: "set-gpio",
    0x62: "set-antenna-detector",
    0x63: "get-antenna-detector",
    0x66: "set-temporary-power",
    0x67: "set-identifier",
    0x68: "get-identifier",
    0x69: "set-link-profile",
    0x6A: "get-link-profile",
    0x70: "reset",
    0x71: "set-baud-rate",
    0x72: "get-firmware",
    0x73: "set-address",
    0x74: "set-antenna",
    0x75: "get-antenna",
    0x76: "set-power",
    0x77: "get-power",
    0x78: "set-region",
    0x79: "get-region",
    0x7A: "set-beeper",
    0x7B: "get-temperature",
    0x7C: "set-drm-mode",
    0x7D: "get-drm-mode",
    0x7E: "get-return-loss",
    0x80: "inventory",
    0x81: "read",
    0x82: "write",
    0x83: "lock",
    0x84: "kill",
    0x85: "set-epc-match",
    0x86: "get-epc-match",
    0x89: "real-time-inventory",
    0x8A: "fast-switch-inventory",
    0x8B: "session-inventory",
    0x8C: "set-fast-tid",
    0x8D: "save-fast-tid",
    0x8E: "get-fast-tid",
    0x90: "get-buffer",
    0x91: "get-and-reset-buffer",
    0x92: "get-buffer-count",
    0x93: "reset-buffer",
    0x94: "block-write",
    0x97: "get-serial-number",
    0x98: "set-mask",
    0xAA: "get-firmware-build",
    0xB0: "6b-inventory",
    0xB1: "6b-read",
    0xB2: "6b-write",
    0xB3: "6b-lock",
    0xB4: "6b-query-lock",
}

ERRORS = {
    0x11: "failed",
    0x20: "the reader's processor was reset",
    0x21: "cannot switch the carrier on",
    0x22: "antenna missing",
    0x23: "cannot write the flash",
    0x24: "cannot read the flash",
    0x25: "cannot set the power",
    0x31: "inventory failed",
    0x32: "read failed",
    0x33: "write failed",
    0x34: "lock failed",
    0x35: "kill failed",
    0x36: "no tag",
    0x37: "inventory done, access failed",
    0x38: "the buffer is empty",
    0x3C: "the chip's own command failed",
    0x40: "access refused or wrong password",
    0x41: "invalid parameter",
    0x42: "too many words",
    0x43: "memory bank out of range",
    0x44: "lock region out of range",
    0x45: "lock action out of range",
    0x46: "invalid reader address",
    0x47: "antenna out of range",
    0x48: "power out of range",
    0x49: "frequency region out of range",
    0x4A: "baud rate out of range",
    0x4B: "beeper mode out of range",
    0x4C: "EPC match too long",
    0x4D: "EPC match of a wrong length",
    0x4E: "invalid EPC match mode",
    0x4F: "invalid frequency range",
    0x50: "the tag gives no handle",
    0x51: "invalid DRM mode",
    0x52: "the synthesiser does not lock",
    0x53: "the radio does not answer",
    0x54: "the power is not reached",
    0x55: "copyright check failed",
    0x56: "spectrum regulation",
    0x57: "the power is too low",
    0xEE: "cannot measure the return loss",
    0xFF: "unknown error",
}

ILL = frozenset({0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0xFF})
"""Errors of the reader itself: what it does not see is unobserved, not gone."""

_INVENTORIES = frozenset({0x80, 0x89, 0x8A, 0x8B, 0xB0})
_REPEATED, _SHORTEST_ROUND = frozenset({0x80, 0x89}), 0xFF
# What these carry as a command is one byte of the same range as the codes: power in dBm, a count, a mode.
_SET_BY_ONE_BYTE = {
    0x61: frozenset({0x11}),
    0x66: frozenset({0x11, 0x25, 0x41, 0x48, 0x54, 0x57}),
    0x76: frozenset({0x11, 0x25, 0x41, 0x48, 0x54, 0x57}),
    0x73: frozenset({0x11, 0x23, 0x41, 0x46}),
}
# Bytes of the answers to questions; a host asks them without any.
_TOLD_BYTES = {
    0x60: {2},
    0x63: {1},
    0x6A: {1},
    0x75: {1},
    0x77: {1, 4, 8},
    0x79: {3, 6},
    0x7D: {1},
    0x7E: {1},
    0x86: range(1, 65),
    0x8E: {1},
    0x92: {2},
    0x97: range(2, 65),
    0xAA: range(1, 65),
    0xB0: range(2, 13),
    0xB1: range(2, 230),
    0xB2: {2},
    0xB3: {2},
    0xB4: {2},
}


def name(code: int) -> str:
    """A command's name, in kebab case."""
    return _NAMES.get(code, f"{code:02X}")


def sets(code: int, value: int) -> bool:
    """Whether a frame of one byte rather is a host's setting than a reader's outcome."""
    if code in _INVENTORIES:
        # FF is a host's shortest round (2.2.1, Repeat) far more often than a reader's unknown error.
        return code in _REPEATED and value == _SHORTEST_ROUND
    if value == SUCCESS:
        return False
    return code in _SET_BY_ONE_BYTE and value not in _SET_BY_ONE_BYTE[code]


def tells(code: int, size: int) -> bool:
    """Whether a reader answers this question with so many bytes."""
    return size in _TOLD_BYTES.get(code, ())
