"""The plain values that pages and the API are made of.

Times are integer milliseconds since the Unix epoch, temperatures integer centi-degrees Celsius, identifiers are spelt
as in `ledger.core.ids`. Nothing here holds a database row or a connection.
"""

from dataclasses import dataclass
from typing import Literal

from ledger.core.custody import Edge, Holding, Recorded, Stay
from ledger.rules.agitation import Span
from ledger.rules.deviation import Assessment, Reopened
from ledger.rules.exposure import Exposure
from ledger.rules.occasions import Against, Occasion, against_limits, like_an_open_door
from ledger.rules.refused import Refused


@dataclass(frozen=True, slots=True)
class Named:
    """A registered organisation or place, with its names in both languages.

    Attributes:
        id: `org:…`, `place:…` or `box:…`.
        name_zh: its name in Chinese.
        name_en: its name in English.
        organisation: the `org:…` that it belongs to; its own id for an organisation.
        phase: the policy phase that rules in a place (`store`, `transport`, `uncontrolled`, `ward`); None: not judged.
        use: for a place `isolation`, `disposal` or None.
        role: for an organisation `blood_centre`, `hospital`, `courier` or `authority`; None for a place.
    """

    id: str
    name_zh: str
    name_en: str
    organisation: str
    phase: str | None = None
    role: str | None = None
    use: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a product code means in this site's catalogue; `component` is None for a code that it does not list."""

    code: str
    component: str | None
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class UnitSummary:
    """One unit in a list.

    Attributes:
        unit: `unit:…`.
        state: its state as in `ledger.rules.lifecycle`.
        on_hold: whether a late event that changed its present awaits a person.
        abo: `A`, `B`, `AB`, `O` or None.
        rhd: `positive`, `negative` or None.
        expires_ms: its expiry; None if none is recorded.
        place: where it is now; None: at no known place.
        holder: the organisation that holds it now, `transit`, or None.
        changed_ms: when it last changed: its latest event that is no sighting, or its latest move.
        product: its product.
        verdict: cold-chain verdict `ok`, `out`, `unknown`; None where nothing is judged yet.
        held: whether its cold chain holds it back; not where the pack lets it pass, or two quality officers did.
    """

    unit: str
    state: str
    on_hold: bool
    abo: str | None
    rhd: str | None
    expires_ms: int | None
    place: Named | None
    holder: str | None
    changed_ms: int
    product: Product
    verdict: str | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """That an event's bytes were erased: when, why, and by which two persons (pseudonyms), as the log says."""

    time_ms: int
    reason: str
    by: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event of a unit's history, with its proof's coordinates.

    Attributes:
        recorded: the event with its place in the log.
        kind: its kind.
        time_ms: when it happened.
        place: where, if it says so.
        stream: its stream.
        seq: its number in the stream.
        late: whether it reached the log after an event with a later time.
        defect: why it is kept without being understood; then `recorded` is None.
        erasure: that its bytes were erased; then `recorded` is None, and `kind` and `time_ms` say nothing of it.
        struck_by: the stream and number of the correction by which it counts no more.
        stands_for: the stream and number of what was wrong, where this stands in its place.
    """

    recorded: Recorded | None
    kind: str
    time_ms: int
    place: Named | None
    stream: str
    seq: int
    late: bool = False
    defect: str | None = None
    erasure: Erasure | None = None
    struck_by: tuple[str, int] | None = None
    stands_for: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One probe's readings while the unit was where the probe is: a line of the chart, never joined across a gap.

    Attributes:
        place: where.
        probe: which probe.
        quality: `good`, `suspect` or `fault`; only good ones are judged.
        points: (time in ms, centi-degrees), in order of time.
        measures: whether the probe hangs in air or in a load.
    """

    place: str
    probe: str
    quality: str
    points: tuple[tuple[int, int], ...]
    measures: Literal["air", "load"] = "air"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that a person should look at: two facts that cannot both stand, a late change, an unknown tag."""

    rule: str
    subject: str
    time_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One numbered verification step and its outcome: `ok`, `warning`, `failed`; `detail` says against what."""

    step: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was verified of a unit's events just now, against which checkpoint.

    Attributes:
        verdict: `valid`, `warnings`, `invalid` or `undecidable`.
        origin: the log.
        size: the checkpoint's size, in batches.
        root: its root in hex.
        events: how many events were proved.
        batches: in how many batches.
        signers: names of the keys whose signatures were checked.
        steps: every step in order.
        verified_ms: when the verification ran.
    """

    verdict: str
    origin: str
    size: int
    root: str
    events: int
    batches: int
    signers: tuple[str, ...]
    steps: tuple[ProofStep, ...]
    verified_ms: int


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything that the page of one unit shows.

    Attributes:
        summary: what it is and where it stands.
        din: its donation number, 13 characters, and `check` its check character.
        check: ISO 7064 check character of the donation number.
        volume_ml: volume, if recorded.
        container: the bag that it is in, if recorded.
        collected_ms: when the donation was collected.
        history: its events, newest first, without temperature segments.
        stays: where it was, by event time.
        holdings: who held it, by event time.
        places: every place and box named above or below, by id.
        organisations: every organisation named, by id.
        exposure: the cold-chain judgement; None where nothing is judged yet.
        low: the lower limit of the store phase for its component in centi-degrees, for the chart; None: no limit.
        high: the upper limit.
        pack_verified: whether every figure used was confirmed.
        runs: the readings of exactly this unit's way.
        lineage: edges among all units of its family; `family` their summaries.
        family: every unit of the lineage, by id, this one included.
        forbids: what forbids its use now, each with its rule; empty: nothing that the ledger knows of.
        discrepancies: what a person should look at.
        lag_ms: how far the latest complete reading of its present place lies behind `now_ms`; None if not monitored.
        now_ms: the instant for which all of this holds.
        log_size: the log size for which all of this holds.
        assessment: what two quality officers judged last of its deviation; None: nothing. The exposure stays beside it.
        reopened: why that assessment does not settle everything, or empty, as it does; None: it did not find it fit.
        agitation: whether its component must be kept moving (platelets), and, if so, whether persons say of every such
            place where it was whether it is; when it was not, `exposure.still` says.
    """

    summary: UnitSummary
    din: str
    check: str
    volume_ml: int | None
    container: str | None
    collected_ms: int | None
    history: tuple[HistoryLine, ...]
    stays: tuple[Stay, ...]
    holdings: tuple[Holding, ...]
    places: dict[str, Named]
    organisations: dict[str, Named]
    exposure: Exposure | None
    low: int | None
    high: int | None
    pack_verified: bool
    runs: tuple[Run, ...]
    lineage: tuple[Edge, ...]
    family: dict[str, UnitSummary]
    forbids: tuple[Refused, ...]
    discrepancies: tuple[Discrepancy, ...]
    lag_ms: int | None
    now_ms: int
    log_size: int
    assessment: Assessment | None = None
    reopened: Reopened | None = None
    agitation: Literal["not-needed", "not-monitored", "monitored"] = "not-needed"

    @property
    def against(self) -> tuple[Against, ...]:
        """How it stood against each pair of limits, cumulative and per occasion."""
        return () if self.exposure is None else against_limits(self.exposure)

    @property
    def still(self) -> tuple[Span, ...]:
        """When it was not kept moving though it must be, as far as anybody said so."""
        return () if self.exposure is None else self.exposure.still

    @property
    def like_an_open_door(self) -> frozenset[Occasion]:
        """The warm occasions that look like an open door; they count all the same."""
        in_load = [(each.points[0][0], each.points[-1][0]) for each in self.runs if each.measures == "load"]
        return frozenset() if self.exposure is None else like_an_open_door(self.exposure, in_load)


@dataclass(frozen=True, slots=True)
class Excursion:
    """One excursion that a gateway reported, a `warning` or an `alarm`; `until_ms` None: still going on."""

    probe: str
    place: Named | None
    level: str
    since_ms: int
    until_ms: int | None
    limit: str
    limit_centi_celsius: int
    extreme_centi_celsius: int
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProducerState:
    """A stream and how far it is.

    Attributes:
        stream: its name.
        last_seq: of its newest event.
        last_time_ms: of that.
        status: `active`, or `quarantined` after a fork.
        may_speak: whether a key of its producer's is active. Where none is, nothing more is expected of it.
    """

    stream: str
    last_seq: int
    last_time_ms: int
    status: str
    may_speak: bool = True


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page shows, for one organisation's scope.

    Attributes:
        counts: state → number of units held.
        recent: units by latest event, newest first.
        excursions: newest first.
        discrepancies: newest first.
        producers: every stream.
        log_size: the log's size.
        checkpoint_size: the size of the latest signed checkpoint.
        events: how many events the log holds.
        now_ms: the instant for which this holds.
        held: units held back by their cold chain, by name, as many as are shown.
        held_count: how many there are.
    """

    counts: dict[str, int]
    recent: tuple[UnitSummary, ...]
    excursions: tuple[Excursion, ...]
    discrepancies: tuple[Discrepancy, ...]
    producers: tuple[ProducerState, ...]
    log_size: int
    checkpoint_size: int
    events: int
    now_ms: int
    held: tuple[UnitSummary, ...] = ()
    held_count: int = 0
