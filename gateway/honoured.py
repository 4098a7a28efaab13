"""Which keys of a `[[reader]]` its family can honour. Pure.

A key without effect would be believed: who writes `power_dbm` for a reader that nobody can tell it takes the
neighbour's shelf for out of reach. So such a key is refused.
"""

from gateway.config import ReaderSettings
from gateway.ports.tcp_port import SCHEME
from gateway.talk import families as talk
from ledger.core.errors import ConfigError

_TOLD_POWER = {"chafon_crc_uhf", "r2000_a0_uhf", "thingmagic_m6e"}
_TOLD_REGION = {"thingmagic_m6e"}


def require_honoured(reader: ReaderSettings) -> None:
    """Refuse what is written and would have no effect.

    Raises:
        ConfigError: the key, and on which readers it is expected.
    """
    way = reader.port or reader.topic or ""
    if reader.baud is not None and (reader.port is None or way.startswith(SCHEME)):
        raise ConfigError(f"{reader.name}.baud: expected it on a serial port; got {way}")
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
