"""One barcode scanner under watch: a scan becomes a label, an echo becomes nothing. Pure but for the salts it asks."""

from collections.abc import Callable, Iterable

from typing_extensions import override

from gateway import claim
from gateway.config import ScannerSettings
from gateway.device import Change, Device, Health
from gateway.ports.mailbox import Opened
from gateway.session import Moment
from gateway.wire.items import Item, LabelScan, Noise


class ScannerWatch(Device):
    """One barcode scanner on a serial port."""

    def __init__(self, settings: ScannerSettings, device: str, salt: Callable[[], bytes]) -> None:
        super().__init__(settings.name, device, port=settings.port, topic=None)
        self.settings, self.salt = settings, salt
        self._debounce = claim.Debounce()
        self.health = Health(self.device, self.settings.place)

    @override
    def heard(self, items: Iterable[Item], moment: Moment) -> Change:
        change = Change()
        for item in items:
            if isinstance(item, Noise):
                self.life.count("noise", item.count_bytes)
            if not isinstance(item, LabelScan):
                continue
            self.life.heard = moment
            if self._debounce.repeats(item, moment.seconds):
                self.life.count("repeated")
                continue
            self.life.count("scans")
            made = claim.scan(
                item, device=self.device, place=self.settings.place, now_ms=moment.clock_ms, salt=self.salt
            )
            change.claims.append(made.claim)
            change.state |= {f"salt/{withheld}": grain for withheld, grain in made.salts.items()}
        return change

    @override
    def opened(self, opened: Opened) -> Change:
        return Change(self.health.recover(opened.moment.clock_ms))

    @override
    def lost(self, reason: str, moment: Moment) -> Change:
        return Change(self.health.fail(reason, moment.clock_ms))

    @override
    def tick(self, moment: Moment) -> Change:
        return Change()

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
