"""Device families from other distributions, found by their entry points: a driver plugs in without a change here.

A distribution that brings a driver names it in the group `xuemai.devices`; the entry point's name is the family's name
in `gateway.toml`, and its object a `Driver`:

    [project.entry-points."xuemai.devices"]
    acme_probe = "acme_probe:DRIVER"

A driver is loaded only where a configuration or a command names its family. It runs inside the gateway, beside its key:
whoever may install a distribution there may sign for it (docs/devices.md). Families of the product cannot be replaced.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

from gateway.session import Session
from gateway.wire.families import FAMILIES, BirthFamily, ByteFamily, Family, MessageFamily
from ledger.core.errors import ConfigError

GROUP = "xuemai.devices"


@dataclass(frozen=True, slots=True)
class Driver:
    """What a distribution says of its family.

    Attributes:
        family: how its bytes or messages are decoded (`gateway.wire.families`); its decoders keep the promises of
            `gateway.wire.decoder`: bounded, never raising, every byte counted, any chunking the same.
        table: which table of `gateway.toml` describes its devices.
        baud: bits a second, for a family of bytes on a serial line.
        parity: `N`, `E` or `O`, likewise.
        session: makes what asks the device, given the clock milliseconds between two questions: the shortest
            `interval_seconds` of the devices on the line. None: it speaks by itself.
    """

    family: Family
    table: Literal["reader", "scanner", "probe"]
    baud: int = 115200
    parity: str = "N"
    session: Callable[[int], Session] | None = None


def names() -> list[str]:
    """Every family that can be named: the product's own, and those of the drivers that are installed."""
    return sorted({*FAMILIES, *(each.name for each in entry_points(group=GROUP))})


def family_of(name: str) -> Family | None:
    """The family of a name; None if nobody brings it.

    Raises:
        ConfigError: a driver brings it and cannot be used; see `driver_of`.
    """
    own = FAMILIES.get(name)
    if own is not None:
        return own
    driver = driver_of(name)
    return None if driver is None else driver.family


def driver_of(name: str) -> Driver | None:
    """The driver of a family that is not the product's own; None if there is none.

    Raises:
        ConfigError: two distributions bring it, it cannot be loaded, or it is no `Driver`.
    """
    if name in FAMILIES:
        return None
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        return None
    if len(found) > 1:
        raise ConfigError(f"driver {name}: expected one distribution to bring it; got {', '.join(map(_source, found))}")
    (entry,) = found
    try:
        driver = entry.load()
    except Exception as error:  # a driver's own mistake may be any; it is told as what it is: theirs
        raise ConfigError(f"driver {name} of {_source(entry)}: expected it to load; {error!r}") from error
    if not isinstance(driver, Driver) or not isinstance(driver.family, ByteFamily | MessageFamily | BirthFamily):
        raise ConfigError(
            f"driver {name} of {_source(entry)}: expected {entry.value} to be a gateway.drivers.Driver; "
            f"got {type(driver).__name__}"
        )
    return driver


def _source(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
