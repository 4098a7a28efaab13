"""What ends on a known day: certificates and probes' calibrations, told while there is time to renew them.

With a certificate ends the way to the ledger; with a calibration, what can be said of every bag beside that probe. Both
come at midnight after a year in which nobody thought of it.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from msgspec import Struct

from gateway import tls
from gateway.config import Config
from ledger.core.ids import format_instant, parse_instant

SOON_DAYS = 30
_DAY_MS = 24 * 3600 * 1000

Kind: TypeAlias = Literal["ledger", "broker", "gateway", "authority", "calibration"]

_End: TypeAlias = tuple[Kind, str, int]

_WHAT: dict[Kind, str] = {
    "ledger": "the certificate of {name}",
    "broker": "the certificate of {name}",
    "gateway": "this gateway's certificate {name}",
    "authority": "the authority in {name}",
    "calibration": "the calibration of {name}",
}
_ADVICE: dict[Kind, str] = {
    "ledger": "let its operator renew it",
    "broker": "let its operator renew it",
    "gateway": "have a new one made, and restart the gateway",
    "authority": "have the new one put here, and restart the gateway",
    "calibration": "have the probe calibrated, and write it into gateway.toml",
}


class Ending(Struct, frozen=True, kw_only=True):
    """One thing that ends.

    Attributes:
        kind: the certificate of the ledger, of the broker or of the gateway itself, an authority that is believed, or a
            probe's calibration.
        name: the host, the file's name, or the probe's.
        until: the last instant.
        days: whole days that are left; negative once it has ended.
    """

    kind: Kind
    name: str
    until: str
    days: int

    @property
    def is_soon(self) -> bool:
        """Whether somebody should see to it by now, or should have."""
        return self.days < SOON_DAYS

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.days < 0

    @property
    def said(self) -> str:
        """What ends, when, and what to do, in words."""
        what, day = _WHAT[self.kind].format(name=self.name), self.until[:10]
        when = f"ended on {day}" if self.is_over else f"ends on {day}, days left: {self.days}"
        return f"{what} {when}: {_ADVICE[self.kind]}"


@dataclass(slots=True)
class Endings:
    """What ends, of one gateway's configuration. Heard by the threads of its connections, asked by the runner's."""

    config: Config
    _shown: dict[tuple[Kind, str], int] = field(default_factory=dict, init=False)
    _files: list[_End] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        # Read once: what was loaded at the start is what connections are made with, whatever lies there now.
        self._files = list(dict.fromkeys(_of_files(self.config)))

    def hear_ledger(self, until_ms: int) -> None:
        """Until when the certificate holds that the ledger has just shown."""
        with self._lock:
            self._shown["ledger", tls.host_of(self.config.uplink)] = until_ms

    def hear_broker(self, until_ms: int) -> None:
        """The same of the broker."""
        if self.config.mqtt is not None:
            with self._lock:
                self._shown["broker", self.config.mqtt.host] = until_ms

    def told(self, now_ms: int) -> list[Ending]:
        """Everything that ends, the first to end first."""
        with self._lock:
            shown = [(kind, name, until_ms) for (kind, name), until_ms in self._shown.items()]
        found = sorted([*shown, *self._files, *_of_probes(self.config)], key=lambda each: each[2])
        return [
            Ending(kind=kind, name=name, until=format_instant(until_ms), days=(until_ms - now_ms) // _DAY_MS)
            for kind, name, until_ms in found
        ]


def _of_files(config: Config) -> Iterator[_End]:
    uplink = config.uplink
    if uplink.certificate_file is not None:
        # The gateway's own stands first in its file; those that vouch for it follow.
        ends_ms = tls.ends_ms(uplink.certificate_file)[:1]
        yield from (("gateway", uplink.certificate_file.name, each) for each in ends_ms)
    for authorities in (uplink.ca_file, config.mqtt.ca_file if config.mqtt else None):
        if authorities is not None and (ends_ms := tls.ends_ms(authorities)):
            # Where an old authority and the next stand side by side, nothing ends with the old.
            yield "authority", authorities.name, max(ends_ms)


def _of_probes(config: Config) -> Iterator[_End]:
    for probe in config.probes:
        if probe.calibration_until is not None:
            yield "calibration", probe.name, parse_instant(probe.calibration_until)
