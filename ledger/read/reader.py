"""The reader: every question that a page or the API asks of the ledger, answered from one snapshot.

It joins and folds what is stored; what follows from it is decided by `ledger.core.custody` and `ledger.rules`. Each of
the classes that it is made of answers questions of one kind, from the log's own (`snapshot`) to the unit's page here.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from ledger.config import Site
from ledger.core import custody, kinds
from ledger.core.ids import din_of, parse_instant
from ledger.core.isbt128.check import check_character
from ledger.read import rows
from ledger.read.bag import container_of
from ledger.read.chains import ColdChains
from ledger.read.facts import Asked, DonorHistory, assessment_of, collections, donor_history, unit_facts
from ledger.read.history import Entry, recorded
from ledger.read.judging import ColdChain
from ledger.read.lines import lines_of
from ledger.read.moving import agitation_of
from ledger.read.values import Discrepancy, HistoryLine, UnitPage
from ledger.rules import files, leaving, release
from ledger.rules.deviation import Assessment, Reopened, reopened
from ledger.rules.lifecycle import State
from ledger.rules.panel import parse_panel, with_further
from ledger.store.database import database_of


class Reader(ColdChains):
    """What a unit's page shows, and what the rules need to know of it."""

    def unit_page(self, unit: str, *, now_ms: int) -> UnitPage | None:
        """Everything that the page of a unit shows; None if the ledger has no such unit."""
        row = rows.unit_row(self.connection, unit)
        if row is None:
            return None
        whole, born = self._whole_history(unit)
        understood = recorded(whole)
        chain = self._judged(unit, understood, born, now_ms=now_ms)
        summary = self._summary(row, chain.exposure.verdict if chain and chain.exposure.judged_ms else None)
        edges = self._lineage(unit, understood)
        family = {unit, *(edge.parent for edge in edges), *(edge.child for edge in edges)}
        limits = self.pack.limits(summary.product.component or "", "store")
        din = din_of(unit).removeprefix("din:")
        collected = next((each.event for each in understood if isinstance(each.event, kinds.Collected)), None)
        return UnitPage(
            summary=summary,
            din=din,
            check=check_character(din),
            volume_ml=_volume(understood, unit),
            container=container_of(understood, unit),
            collected_ms=None if collected is None else parse_instant(collected.time),
            history=self.lines(whole),
            stays=custody.stays(understood, unit),
            holdings=custody.holdings(understood, unit, organisation_of=self.organisation_of),
            places=self.places,
            organisations=self.organisations,
            exposure=None if chain is None or not chain.exposure.judged_ms else chain.exposure,
            low=None if limits is None else limits.low,
            high=None if limits is None else limits.high,
            pack_verified=chain is not None and chain.exposure.verified,
            runs=() if chain is None else chain.runs,
            lineage=tuple(edges),
            family={unit: replace(summary, verdict=None)} if len(family) == 1 else self._family(family),
            forbids=release.forbids(unit_facts(row, understood, chain, donors={}, asked=Asked(), now_ms=now_ms)),
            discrepancies=(*self._left(unit, understood), *self.discrepancies(subject=unit)),
            lag_ms=None if chain is None else chain.lag_ms,
            now_ms=now_ms,
            log_size=self.log_size(),
            assessment=assessment_of(understood, unit),
            reopened=_reopened(chain, assessment_of(understood, unit)),
            agitation=agitation_of(chain, summary.product.component, pack=self.pack, said=self.agitation_said),
        )

    def lines(self, entries: Iterable[Entry]) -> tuple[HistoryLine, ...]:
        """Events as a page shows them, newest first."""
        return tuple(lines_of(self.connection, entries, places=self.places))

    def facts(self, unit: str, *, now_ms: int) -> release.UnitFacts:
        """What the rules need to know of a unit at one instant; a unit that the ledger has not seen is `new`."""
        row = rows.unit_row(self.connection, unit)
        if row is None:
            return release.UnitFacts(state=State.NEW, now_ms=now_ms)
        understood, born = self._understood(unit)
        donors = {donor: self.donor(donor) for donor in {each.donor for each in collections(understood)}}
        chain = self._judged(unit, understood, born, now_ms=now_ms)
        facts = unit_facts(row, understood, chain, donors=donors, asked=self.asked, now_ms=now_ms)
        holder = self.organisations.get(row.holder or "")
        return replace(facts, at_station=holder is not None and holder.role == "blood_centre")

    @cached_property
    def asked(self) -> Asked:
        """What the site asks of a unit before its release: its region's tests and its own, and the label or not."""
        releasing = self.site.releasing
        text = files.panel_text(self.pack.name) or files.panel_text(self.pack.derives or "")
        tests = releasing.further_tests if text is None else with_further(parse_panel(text), releasing.further_tests)
        return Asked(tests, releasing.labelling == "before")

    def donor(self, donor: str) -> DonorHistory:
        """What is known of a donor: deferrals, and the groups that tests of earlier donations found."""
        told = recorded(self.history.of([donor]))
        donations = {din_of(each.unit) for each in collections(told)}
        return donor_history(told, recorded(self.history.of(sorted(donations))))

    def _left(self, unit: str, understood: Sequence[custody.Recorded]) -> tuple[Discrepancy, ...]:
        """That the unit left without a paper, while it exists."""
        exits = [place.id for place in self.places.values() if place.use == leaving.EXIT]
        seen = None if not exits else leaving.left_without_paper(understood, exits.__contains__)
        if seen is None or custody.ended_ms(understood, unit) is not None:
            return ()
        return (Discrepancy(leaving.RULE, unit, seen.at_ms, seen.text),)


@contextmanager
def reading(site: Site) -> Iterator[Reader]:
    """A reader of the site's database, with one snapshot, that cannot write."""
    with database_of(site).snapshot() as connection:
        yield Reader(connection, site)


def _reopened(chain: ColdChain | None, newest: Assessment | None) -> Reopened | None:
    """Why an assessment settles the unit no longer; None: none ever found it fit."""
    if chain is None or newest is None or newest.outcome != "fit":
        return None
    return reopened(chain.exposure, newest, seen=chain.seen)


def _volume(history: Iterable[custody.Recorded], unit: str) -> int | None:
    for entry in history:
        event = entry.event
        if isinstance(event, kinds.Transformation):
            for child in event.children:
                if child.unit == unit and child.volume_ml is not None:
                    return child.volume_ml
        if isinstance(event, kinds.Collected) and event.unit == unit:
            return event.volume_ml
    return None
