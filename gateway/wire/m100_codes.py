"""Commands and error codes of M100 and R200 modules (vendor sheet "R200 user protocol" V2.3.3, EL-UHF-RMT01 sheet)."""

NO_TAG = 0x15
ACCESSES = frozenset({0x39, 0x49, 0x65, 0x82, 0xD3, 0xD4, 0xE0, 0xE1, 0xE2, 0xE3, 0xE5, 0xE6})
"""Commands whose answer names the tag that answered them."""

_NAMES = {
    0x03: "module-info",
    0x04: "idle-mode",
    0x07: "set-region",
    0x08: "get-region",
    0x09: "save-settings",
    0x0A: "load-settings",
    0x0B: "get-select",
    0x0C: "set-select",
    0x0D: "get-query",
    0x0E: "set-query",
    0x11: "set-baud-rate",
    0x12: "select-mode",
    0x17: "sleep",
    0x1A: "set-gpio",
    0x1D: "idle-sleep",
    0x22: "single-poll",
    0x27: "multi-poll",
    0x28: "stop",
    0x39: "read",
    0x49: "write",
    0x65: "kill",
    0x82: "lock",
    0xA9: "insert-channel",
    0xAA: "get-channel",
    0xAB: "set-channel",
    0xAD: "frequency-hopping",
    0xB0: "carrier",
    0xB6: "set-power",
    0xB7: "get-power",
    0xD3: "block-permalock",
    0xD4: "block-permalock-status",
    0xE0: "nxp-configuration",
    0xE1: "nxp-protect",
    0xE2: "nxp-unprotect",
    0xE3: "nxp-eas",
    0xE4: "nxp-eas-alarm",
    0xE5: "monza-qt-read",
    0xE6: "monza-qt-write",
    0xF0: "set-demodulator",
    0xF1: "get-demodulator",
    0xF2: "scan-jammer",
    0xF3: "scan-rssi",
}

_ERRORS = {
    0x09: "read failed",
    0x10: "write failed",
    0x12: "kill failed",
    0x13: "lock failed",
    0x14: "block permalock failed",
    0x15: "no tag",
    0x16: "access failed: wrong password",
    0x17: "bad command",
    0x18: "bad length",
    0x19: "bad parameter",
    0x1A: "changing the configuration failed",
    0x1B: "EAS failed",
    0x20: "no free channel to transmit on",
    0x2A: "protecting failed",
    0x2B: "unprotecting failed",
    0x2E: "QT failed",
}

ILL = frozenset({0x20})
"""Errors of the module itself: what it does not see is unobserved, not gone."""

_TAG_COMMANDS = {0xA0: "read", 0xB0: "write", 0xC0: "lock", 0xD0: "kill", 0xE0: "block permalock"}
# EPC Gen2, annex I: error codes of a tag's own answer.
_TAG_ERRORS = {
    0x0: "other error",
    0x3: "memory overrun",
    0x4: "memory locked",
    0xB: "not enough power",
    0xF: "error without a reason",
}


def name(command: int) -> str:
    """A command's name, in kebab case."""
    return _NAMES.get(command, f"{command:02X}")


def error(code: int) -> str:
    """An error code in words; from A0 on, the high half says what was tried and the low half is the tag's own code."""
    if code in _ERRORS:
        return _ERRORS[code]
    tried = _TAG_COMMANDS.get(code & 0xF0)
    if tried is None:
        return "the tag or the module refused"
    return f"{tried} refused by the tag: {_TAG_ERRORS.get(code & 0x0F, 'unknown')}"
