"""Operations and fault codes of ThingMagic modules (M5e developer's guide, "Command set" and "Status codes")."""

VERSION, BOOT, BOOT_LOADER = 0x03, 0x04, 0x09
READ_SINGLE, READ_MULTIPLE, TAG_BUFFER, STREAM = 0x21, 0x22, 0x29, 0x2F
TEMPERATURE = 0x72
HARDWARE_VERSION = 0x10
NO_TAGS_FOUND = 0x0400
NOT_BOOTED = 0x0101

_NAMES = {
    0x03: "version",
    0x04: "boot-firmware",
    0x06: "set-baud-rate",
    0x07: "erase-flash",
    0x08: "verify-image",
    0x09: "boot-loader",
    0x0C: "current-program",
    0x0D: "write-flash",
    0x0E: "sector-size",
    0x0F: "modify-flash",
    0x10: "hardware-version",
    0x21: "read-single",
    0x22: "read-multiple",
    0x23: "write-epc",
    0x24: "write-tag",
    0x25: "lock-tag",
    0x26: "kill-tag",
    0x28: "read-tag",
    0x29: "tag-buffer",
    0x2A: "clear-tag-buffer",
    0x2D: "write-tag-specific",
    0x2E: "erase-block",
    0x2F: "continuous-read",
    0x61: "get-antennas",
    0x62: "get-read-power",
    0x63: "get-protocol",
    0x64: "get-write-power",
    0x65: "get-hop-table",
    0x66: "get-gpio",
    0x67: "get-region",
    0x68: "get-power-mode",
    0x69: "get-user-mode",
    0x6A: "get-configuration",
    0x6B: "get-protocol-parameter",
    0x6C: "get-statistics",
    0x6D: "get-user-profile",
    0x70: "get-protocols",
    0x71: "get-regions",
    0x72: "get-temperature",
    0x91: "set-antennas",
    0x92: "set-read-power",
    0x93: "set-protocol",
    0x94: "set-write-power",
    0x95: "set-hop-table",
    0x96: "set-gpio",
    0x97: "set-region",
    0x98: "set-power-mode",
    0x99: "set-user-mode",
    0x9A: "set-configuration",
    0x9B: "set-protocol-parameter",
    0x9D: "set-user-profile",
    0xC1: "set-frequency",
    0xC3: "send-carrier",
}

_FAULTS = {
    0x0100: "wrong number of data",
    0x0101: "unknown operation: only the boot loader runs",
    0x0102: "operation not implemented",
    0x0103: "power too high",
    0x0104: "invalid frequency",
    0x0105: "invalid parameter",
    0x0106: "power too low",
    0x0109: "feature not implemented",
    0x010A: "invalid baud rate",
    0x010B: "invalid region",
    0x010C: "invalid licence key",
    0x0200: "the firmware's image is damaged",
    0x0201: "the firmware's end is wrong",
    0x0300: "wrong password to erase the flash",
    0x0301: "wrong password to write the flash",
    0x0302: "undefined flash sector",
    0x0303: "illegal flash sector",
    0x0304: "write to a flash that is not erased",
    0x0305: "illegal flash sector",
    0x0306: "the flash does not verify",
    0x0400: "no tag",
    0x0401: "no protocol chosen",
    0x0402: "invalid protocol",
    0x0403: "written, but not locked",
    0x0404: "no data read",
    0x0405: "the radio is off",
    0x0406: "write failed",
    0x0407: "not implemented for this protocol",
    0x0408: "invalid data to write",
    0x0409: "invalid address",
    0x040A: "the tag answered with an error",
    0x040B: "too much data",
    0x040C: "invalid kill password",
    0x040E: "kill failed",
    0x040F: "bits could not be decoded",
    0x0410: "invalid EPC",
    0x0411: "invalid number of data",
    0x0420: "the tag: other error",
    0x0423: "the tag: memory overrun or bad PC",
    0x0424: "the tag: memory locked",
    0x042B: "the tag: not enough power",
    0x042F: "the tag: error without a reason",
    0x0430: "the tag: unknown error",
    0x0500: "invalid frequency",
    0x0501: "the channel is occupied",
    0x0502: "the transmitter is on already",
    0x0503: "antenna not connected",
    0x0504: "too hot: the radio is throttled",
    0x0505: "high return loss: antenna off or badly matched",
    0x0506: "the synthesiser does not lock",
    0x0507: "invalid antenna configuration",
    0x0600: "fewer tags in the buffer than asked for",
    0x0601: "the tag buffer is full",
    0x0602: "tag is in the buffer already",
    0x0603: "too many tags asked for",
    0x7F00: "unknown error of the module",
    0x7F01: "the module's own check failed",
}

_RADIO, _SYSTEM = 0x05, 0x7F


def name(code: int) -> str:
    """An operation's name, in kebab case."""
    return _NAMES.get(code, f"{code:02X}")


def fault(status: int) -> str:
    """A status word in words."""
    return _FAULTS.get(status, "unknown")


def is_illness(status: int) -> bool:
    """Whether the module itself is ill: what it does not see is unobserved, not gone."""
    return status >> 8 in {_RADIO, _SYSTEM} or status in {0x0200, 0x0201, 0x0405}
