"""Control bytes and statuses of FEIG OBID readers (manual H01113-4e annex E, H60301-3e annex D, H20411-0e annex D)."""

OK, NO_TRANSPONDER, NOT_WRITTEN, MORE_DATA, TAG_ERROR = 0x00, 0x01, 0x03, 0x94, 0x95

_NAMES = {
    0x1A: "halt",
    0x21: "read-buffer",
    0x22: "read-buffer",
    0x31: "read-buffer-info",
    0x32: "clear-buffer",
    0x33: "initialise-buffer",
    0x34: "force-notify",
    0x52: "detect-baud-rate",
    0x55: "start-flash-loader",
    0x63: "restart-processor",
    0x64: "system-reset",
    0x65: "software-version",
    0x66: "reader-info",
    0x69: "rf-reset",
    0x6A: "rf-on-off",
    0x6C: "set-noise-level",
    0x6D: "get-noise-level",
    0x6E: "reader-diagnostic",
    0x6F: "tune-antenna",
    0x71: "set-output",
    0x72: "set-output",
    0x74: "get-input",
    0x75: "adjust-antenna",
    0x80: "read-configuration",
    0x81: "write-configuration",
    0x82: "save-configuration",
    0x83: "reset-configuration",
    0x85: "set-timer",
    0x86: "get-timer",
    0x87: "set-time",
    0x88: "get-time",
    0xA0: "login",
    0xB0: "host-command",
    0xB1: "maker-command",
    0xBF: "transparent-command",
    0xC0: "sam-command",
}

STATUSES = {
    0x00: "done",
    0x01: "no transponder",
    0x02: "the transponder's data are damaged",
    0x03: "not written",
    0x04: "address outside the memory",
    0x05: "wrong transponder type",
    0x08: "authentication failed",
    0x09: "collision",
    0x0B: "out of range",
    0x0D: "login needed",
    0x0E: "general error",
    0x10: "the reader's memory failed",
    0x11: "parameter out of range",
    0x13: "login needed",
    0x14: "login failed",
    0x15: "protected from reading",
    0x16: "protected from writing",
    0x17: "the firmware is not activated",
    0x18: "wrong firmware",
    0x80: "unknown command",
    0x81: "wrong length",
    0x82: "command not available",
    0x83: "communication with the transponder failed",
    0x84: "the radio: antenna or supply is not in order",
    0x85: "the radio has no free channel",
    0x92: "no valid data",
    0x93: "the buffer overflowed",
    0x94: "more data",
    0x95: "the transponder refused",
    0x96: "wrong protocol of the transponder",
    0xF1: "the hardware is not in order",
    0xF2: "the start is not complete",
}

ILL = frozenset({0x10, 0x17, 0x18, 0x84, 0x85, 0xF1, 0xF2})
"""Statuses of the reader itself: what it does not see is unobserved, not gone."""


def name(control: int) -> str:
    """A control byte's name, in kebab case."""
    return _NAMES.get(control, f"{control:02X}")
