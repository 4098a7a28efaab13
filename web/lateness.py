"""Which gateways' data are late: their streams, for every page that shows what rests on them. Pure."""

from collections.abc import Sequence

from ledger.core.events import producer_of
from ledger.read.values import ProducerState

ACTIVE = "active"
QUIET_MS = 30 * 60_000
"""A stream that says nothing for half an hour is shown: segments close after a quarter of an hour."""


def late_streams(producers: Sequence[ProducerState], now_ms: int) -> list[ProducerState]:
    """Quarantined streams, and gateways' readings that have stopped; custody speaks only when something happens."""
    return [each for each in producers if _is_late(each, now_ms) and not _goes_on(each, producers)]


def late_gateways(producers: Sequence[ProducerState], now_ms: int) -> list[tuple[str, int]]:
    """Gateways of which nothing newer is known than this instant: what they saw since is not counted yet."""
    late = late_streams(producers, now_ms)
    found = []
    for name in sorted({producer_of(each.stream) for each in late}):
        stopped = [each.last_time_ms for each in late if producer_of(each.stream) == name and each.status != ACTIVE]
        until_ms = (
            min(stopped)
            if stopped
            else max(each.last_time_ms for each in producers if producer_of(each.stream) == name)
        )
        # One whose probes are silent, and that speaks of scans and tags, is not away.
        if stopped or now_ms - until_ms > QUIET_MS:
            found.append((name, until_ms))
    return found


def _is_late(stream: ProducerState, now_ms: int) -> bool:
    if not stream.may_speak:
        return False
    if stream.status != ACTIVE:
        return True
    return stream.stream.endswith("/t") and now_ms - stream.last_time_ms > QUIET_MS


def _goes_on(stream: ProducerState, producers: Sequence[ProducerState]) -> bool:
    """Whether the gateway of a stream speaks in a later epoch: then nothing more is expected of this one."""
    return any(_is_later(each.stream, stream.stream) for each in producers)


def _is_later(one: str, other: str) -> bool:
    """Whether `<gateway>/<epoch>/<carrier>` is the same, in a later epoch, as another stream."""
    (gateway, _, rest), (same, _, others) = one.partition("/"), other.partition("/")
    (epoch, _, carrier), (before, _, alike) = rest.partition("/"), others.partition("/")
    return bool(carrier) and (gateway, carrier) == (same, alike) and int(epoch) > int(before)
