"""What went out of the organisations' stocks: the bags that the days of cover are told from."""

from collections.abc import Collection, Iterator, Sequence

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.read.reader import Reader
from ledger.read.stock import bags_named
from ledger.read.told import histories_told, units_told_of
from ledger.rules.inventory import Bag

_ISSUED, _DISPATCHED = ("issued", kinds.Issued), ("dispatched", kinds.Dispatched)


def gone(reader: Reader, holders: Collection[str], *, since_ms: int, until_ms: int) -> dict[str, tuple[Bag, ...]]:
    """For each holder the bags that went out of its stock after `since_ms`, up to `until_ms`, each once, by name.

    From a hospital's that are bags issued (临床发血), from another's bags dispatched (发血); also those that came back.
    Only bags of which somebody said so in that time are looked at, however many changed in it.

    Args:
        reader: whom to ask.
        holders: whose stocks: organisations.
        since_ms: in milliseconds since the Unix epoch.
        until_ms: likewise.
    """
    leaving = {holder: _leaving(reader, holder) for holder in holders}
    asked = sorted({kind for kind, _ in leaving.values()})
    candidates = units_told_of(reader, asked, since_ms=since_ms, until_ms=until_ms)
    found: dict[str, list[str]] = {holder: [] for holder in holders}
    for unit, history in histories_told(reader, candidates):
        held = custody.holdings(history, unit, organisation_of=reader.organisation_of)
        for holder, (_, kind) in leaving.items():
            left = _times_ms(history, kind, since_ms=since_ms, until_ms=until_ms)
            if any(_had(holder, held, at_ms) for at_ms in left):
                found[holder].append(unit)
    return {holder: bags_named(reader, units) for holder, units in found.items()}


def _leaving(reader: Reader, holder: str) -> tuple[str, type[kinds.Event]]:
    named = reader.organisations.get(holder)
    return _ISSUED if named is not None and named.role == "hospital" else _DISPATCHED


def _times_ms(history: Sequence[Recorded], kind: type[kinds.Event], *, since_ms: int, until_ms: int) -> Iterator[int]:
    times_ms = (each.time_ms for each in history if isinstance(each.event, kind))
    return (at_ms for at_ms in times_ms if since_ms < at_ms <= until_ms)


def _had(holder: str, held: Sequence[custody.Holding], at_ms: int) -> bool:
    """Whether the holder had the bag at the instant at which it left somebody."""
    return any(
        each.holder == holder and each.since_ms <= at_ms and (each.until_ms is None or at_ms <= each.until_ms)
        for each in held
    )
