"""Which keys of a `[[reader]]`, a `[[probe]]` or a `[[scanner]]` its family can honour. Pure.

A key without effect would be believed: who writes `power_dbm` for a reader that nobody can tell it takes the
neighbour's shelf for out of reach. So such a key is refused.
"""

from gateway.config import ProbeSettings, ReaderSettings, ScannerSettings
from gateway.ports.tcp_port import SCHEME
from gateway.talk import families as talk
from ledger.core.errors import ConfigError

_TOLD_POWER = {"chafon_crc_uhf", "r2000_a0_uhf", "thingmagic_m6e"}
_MODBUS = "modbus_rtu_temp"
_OF_A_BUS: dict[str, object] = {"slave": 1, "scale": "tenths", "registers": "xy-md02"}
_TOLD_REGION = {"thingmagic_m6e"}


def require_honoured(device: ReaderSettings | ProbeSettings | ScannerSettings) -> None:
    """Refuse what is written and would have no effect.

    Raises:
        ConfigError: the key, and on which devices it is expected.
    """
    way = device.port or ("" if isinstance(device, ScannerSettings) else device.topic) or ""
    if device.baud is not None and (device.port is None or way.startswith(SCHEME)):
        raise ConfigError(f"{device.name}.baud: expected it on a serial port; got {way}")
    if isinstance(device, ReaderSettings):
        _require_of_reader(device)
    elif isinstance(device, ProbeSettings) and device.family != _MODBUS:
        for key, usual in _OF_A_BUS.items():
            if getattr(device, key) != usual:
                raise ConfigError(f"{device.name}.{key}: expected it on {_MODBUS}; got {device.family}")


def _require_of_reader(reader: ReaderSettings) -> None:
    idle = {
        "power_dbm": (reader.power_dbm is not None and reader.family not in _TOLD_POWER, _listed(_TOLD_POWER)),
        "region": (reader.region is not None and reader.family not in _TOLD_REGION, _listed(_TOLD_REGION)),
        "dialect": (bool(reader.dialect) and reader.family not in talk.WITH_DIALECTS, _listed(talk.WITH_DIALECTS)),
        "memory": (
            reader.memory is not None and not talk.reads_memory(reader),
            "an hf_iso15693 reader of the dialect feig",
        ),
    }
    for key, (has_no_effect, expected) in idle.items():
        if has_no_effect:
            got = f"{reader.family} {reader.dialect}".rstrip()
            raise ConfigError(f"{reader.name}.{key}: expected it on {expected}; got {got}")


def _listed(families: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(families))
