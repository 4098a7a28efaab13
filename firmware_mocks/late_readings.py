"""The gateways of the site before the played day: each hands in, late and in bulk, what its probes have read.

How far each is stands in the demo's state, and is saved with the step. What was sent and not saved goes out again, byte
for byte the same, and gets the same receipt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_mocks import past_readings
from firmware_mocks.past_gateway import Chain, PastGateway, hand_in, seed_of
from firmware_mocks.past_readings import PROBES
from firmware_mocks.site_plan import SITE_NAME

FIRST_MS = 30 * 60_000
"""What the first batch reaches back."""


@dataclass(slots=True)
class HandedIn:
    """Until when readings were handed in (Unix milliseconds; 0: none), and where each gateway's stream stands."""

    until_ms: int
    chains: dict[str, Chain]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "HandedIn":
        """As it was saved; of nothing, none."""
        chains = {name: Chain(*chain) for name, chain in said.get("chains", {}).items()}
        return cls(said.get("until_ms", 0), chains)

    def said(self) -> dict[str, object]:
        """What is to be saved."""
        return {
            "until_ms": self.until_ms,
            "chains": {name: [chain.last_seq, chain.previous] for name, chain in self.chains.items()},
        }


class LateReadings:
    """Hands in what has been read."""

    def __init__(self, directory: Path, *, url: str, handed_in: HandedIn) -> None:
        """Nothing is sent yet.

        Args:
            directory: the site's folder, with the folders and keys of its gateways.
            url: the ledger's.
            handed_in: how far everything is; kept up to date.
        """
        self._directory, self._url, self._handed_in = directory, url, handed_in
        self._gateways: dict[str, PastGateway] = {}

    def hand_in(self, now_ms: int) -> None:
        """Every gateway hands in what its probes read up to now.

        Raises:
            OSError: the ledger did not take it.
        """
        after_ms = self._handed_in.until_ms or now_ms - FIRST_MS
        for name in PROBES:
            read = past_readings.segments(name, after_ms=after_ms, until_ms=now_ms)
            if read:
                chain = self._handed_in.chains.get(name, Chain())
                wire, self._handed_in.chains[name] = self._gateway(name).batch(read, chain, now_ms=now_ms)
                hand_in(self._url, wire)
        self._handed_in.until_ms = now_ms

    def _gateway(self, name: str) -> PastGateway:
        if name not in self._gateways:
            seed = seed_of(self._directory / "gateways" / name)
            self._gateways[name] = PastGateway(name, site_name=SITE_NAME, seed=seed)
        return self._gateways[name]
