"""Units' cold chains: which way of a unit is judged, and up to when; judged by `judging` and the rule itself."""

from collections.abc import Sequence
from dataclasses import replace

from ledger.core import custody
from ledger.read.facts import assessment_of
from ledger.read.families import Families
from ledger.read.history import recorded
from ledger.read.judging import ColdChain, Way, Words, judge_way, own_stays
from ledger.rules.deviation import Assessment
from ledger.rules.exposure import Exposure


class ColdChains(Families):
    """Where units were and how they were kept there."""

    def cold_chain(self, unit: str, *, now_ms: int) -> ColdChain | None:
        """The unit's cold chain up to now; None where its product is not in the catalogue."""
        return self._judged(unit, *self._understood(unit), now_ms=now_ms)

    def seen_by_assessors(self, unit: str, newest: Assessment | None) -> Exposure | None:
        """A unit's cold chain up to its newest assessment, if that found it fit, as the log knew it then."""
        if newest is None or newest.outcome != "fit":
            return None
        known = self.as_known_at(newest.log_size)
        chain = known._judge(unit, *known._understood(unit), now_ms=newest.at_ms)  # noqa: SLF001  one of our own kind
        return None if chain is None else chain.exposure

    def way(self, unit: str) -> tuple[Way | None, list[custody.Recorded]]:
        """Where a unit was, if its product is in the catalogue; and its events, its ancestors' and its donations'."""
        understood, born = self._understood(unit)
        return self._way(unit, understood, born), understood

    def own_stays(self, unit: str) -> list[custody.Stay]:
        """Where a unit was since it came to be, whether or not its product is in the catalogue."""
        understood, born = self._understood(unit)
        return own_stays(custody.stays(understood, unit), born_ms=born)

    def _understood(self, unit: str) -> tuple[list[custody.Recorded], int]:
        whole, born = self._whole_history(unit)
        return recorded(whole), born

    def _judged(self, unit: str, understood: Sequence[custody.Recorded], born: int, *, now_ms: int) -> ColdChain | None:
        chain = self._judge(unit, understood, born, now_ms=now_ms)
        if chain is None:
            return None
        return replace(chain, seen=self.seen_by_assessors(unit, assessment_of(understood, unit)))

    def _judge(self, unit: str, understood: Sequence[custody.Recorded], born: int, *, now_ms: int) -> ColdChain | None:
        way = self._way(unit, understood, born)
        if way is None:
            return None
        ended = custody.ended_ms(understood, unit)
        until = now_ms if ended is None else min(ended, now_ms)
        return judge_way(
            way,
            history=self.history,
            places=self.places.get,
            words=Words(self.placements, self.stood),
            pack=self.pack,
            now_ms=until,
        )

    def _way(self, unit: str, understood: Sequence[custody.Recorded], born: int) -> Way | None:
        component = self.product(unit).component
        if component is None or not understood:
            return None
        return Way(custody.stays(understood, unit), component, born)
