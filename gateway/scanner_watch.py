"""One barcode scanner under watch: a scan becomes a label, an echo becomes nothing, two halves become a bag.

Pure but for the salts it asks. Halves are paired by real seconds, as hands are quick or slow whatever a clock shows.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from typing_extensions import override

from gateway import claim
from gateway.config import ScannerSettings
from gateway.device import Change, Device, DeviceStatus, Health
from gateway.ports.mailbox import Opened
from gateway.session import Moment
from gateway.wire.items import Item, LabelScan, Noise
from ledger.core.labels import pairing
from ledger.core.labels.reading import ISBT_128_ALONE, Reading, Scanned


class ScannerWatch(Device):
    """One barcode scanner on a serial port."""

    def __init__(
        self, settings: ScannerSettings, device: str, salt: Callable[[], bytes], reading: Reading = ISBT_128_ALONE
    ) -> None:
        super().__init__(settings.name, device, port=settings.port, topic=None)
        self.settings, self.salt, self.reading = settings, salt, reading
        self._pair_ms = round(settings.pair_seconds * 1000)
        self._half: pairing.Half | None = None
        self._half_clock_ms = 0
        self._debounce = claim.Debounce()
        self.health = Health(self.device, self.settings.place)

    @override
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        change = Change()
        for item in items:
            if isinstance(item, Noise):
                self.life.count("noise", item.count_bytes)
                # A torn scan is a scan of something else: what comes after it may be of another bag.
                change.add(self._stepped(self._paired(None, moment)))
            if not isinstance(item, LabelScan):
                continue
            self.life.heard = moment
            if self._debounce.repeats(item, moment.seconds):
                self.life.count("repeated")
                continue
            self.life.count("scans")
            change.add(self._scanned(item, moment))
        return change

    def _scanned(self, item: LabelScan, moment: Moment) -> Change:
        made = claim.scan(
            item,
            device=self.device,
            place=self.settings.place,
            now_ms=moment.clock_ms,
            salt=self.salt,
            reading=self.reading,
        )
        step = self._paired(made.said, moment)
        told = made.claim
        if step.unit is not None and step.since_ms is not None:
            self.life.count("paired")
            told = claim.paired(told, step.unit, since_ms=min(self._half_clock_ms, moment.clock_ms))
        change = Change([told], {f"salt/{withheld}": grain for withheld, grain in made.salts.items()})
        change.add(self._stepped(step))
        self._half_clock_ms = moment.clock_ms
        return change

    def _paired(self, said: Scanned | None, moment: Moment) -> pairing.Step:
        return pairing.scanned(self._half, said, now_ms=_real_ms(moment), within_ms=self._pair_ms)

    def _stepped(self, step: pairing.Step) -> Change:
        """What now waits; and whether what waited came to nothing."""
        self._half = step.waiting
        if step.parted is None:
            return Change()
        self.life.count("unpaired")
        return Change(unpaired=[self.settings.port])

    @property
    @override
    def is_decided(self) -> bool:
        """A scanner rests: that its line is open is all that it shows."""
        return self.was_opened or super().is_decided

    @override
    def opened(self, opened: Opened) -> Change:
        return Change(self.health.recover(opened.moment.clock_ms))

    @override
    def lost(self, reason: str, moment: Moment) -> Change:
        self._half = None  # what was scanned while the line was down is not known: the next scan is a first one
        return Change(self.health.fail(reason, moment.clock_ms))

    @override
    def tick(self, moment: Moment) -> Change:
        return self._stepped(pairing.passed(self._half, now_ms=_real_ms(moment), within_ms=self._pair_ms))

    @override
    def stepped(self, step_ms: int) -> Change:
        self._half_clock_ms += step_ms
        return super().stepped(step_ms)

    @override
    def close(self, moment: Moment) -> Change:
        return Change()

    @override
    def refreshed(self) -> dict[str, bytes | None]:
        return {}

    @override
    def healths(self) -> Iterable[Health]:
        return (self.health,)

    @override
    def counts(self) -> dict[str, int]:
        return {}

    @override
    def status(self) -> DeviceStatus:
        return replace(super().status(), wants=(self._half and self._half.wants) or "")


def _real_ms(moment: Moment) -> int:
    return round(moment.seconds * 1000)
