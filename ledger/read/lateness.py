"""Until when each gateway's data are known, where that is late: one answer for all that shows what rests on them.

Pure. A gateway sends custody and alarms before readings. So what it saw is known up to the newest batch of either of
its streams, while its readings are known up to the newest of their own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.core.events import producer_of
from ledger.read.values import ProducerState

ACTIVE = "active"
QUIET_MS = 30 * 60_000
"""A stream that says nothing for half an hour is shown: segments close after a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Late:
    """A gateway whose data are late.

    Attributes:
        gateway: its name.
        custody_ms: until when its scans, what its readers saw, and its alarms are known; None: they are not late.
        readings_ms: until when its readings are known; None: they are not late.
    """

    gateway: str
    custody_ms: int | None
    readings_ms: int | None


def late_gateways(producers: Sequence[ProducerState], now_ms: int) -> tuple[Late, ...]:
    """The gateways whose data are late, by name."""
    return tuple(_late(producers, now_ms))


def stopped_streams(producers: Sequence[ProducerState]) -> list[ProducerState]:
    """Streams that stopped after a fork, and whose gateway speaks in no later epoch of them."""
    going_on = (each for carriers in _newest(producers).values() for each in carriers.values())
    return [each for each in going_on if each.status != ACTIVE]


def _late(producers: Iterable[ProducerState], now_ms: int) -> Iterator[Late]:
    for gateway, carriers in sorted(_newest(producers).items()):
        custody, readings = carriers.get("c"), carriers.get("t")
        found = Late(gateway, _custody_until(custody, readings, now_ms), _readings_until(readings, now_ms))
        if found.custody_ms is not None or found.readings_ms is not None:
            yield found


def _custody_until(custody: ProducerState | None, readings: ProducerState | None, now_ms: int) -> int | None:
    if custody is not None and custody.status != ACTIVE:
        return custody.last_time_ms
    # Custody speaks only when something happens: that a gateway is away is told by its readings, which never rest.
    if readings is None:
        return None
    heard_ms = max(readings.last_time_ms, 0 if custody is None else custody.last_time_ms)
    return heard_ms if now_ms - heard_ms > QUIET_MS else None


def _readings_until(readings: ProducerState | None, now_ms: int) -> int | None:
    if readings is None:
        return None
    is_late = readings.status != ACTIVE or now_ms - readings.last_time_ms > QUIET_MS
    return readings.last_time_ms if is_late else None


def _newest(producers: Iterable[ProducerState]) -> dict[str, dict[str, ProducerState]]:
    """For each gateway that may speak its stream of each carrier, of the newest epoch: of the others no more comes."""
    found: dict[str, dict[str, tuple[int, ProducerState]]] = {}
    for each in producers:
        _, _, rest = each.stream.partition("/")
        epoch, _, carrier = rest.partition("/")
        if not carrier or not each.may_speak:
            continue
        carriers = found.setdefault(producer_of(each.stream), {})
        if carrier not in carriers or int(epoch) > carriers[carrier][0]:
            carriers[carrier] = (int(epoch), each)
    return {gateway: {name: stream for name, (_, stream) in told.items()} for gateway, told in found.items()}
