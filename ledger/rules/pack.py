"""A policy pack (判定标准): the limits and shelf lives of one jurisdiction, read from a versioned data file.

Looks figures up. No figure stands in code: each is a row of the file, with its source and with whether it was verified
against that source. How the file is read is `pack_file`, what a station confirmed of it `figures`; what follows from
the figures is `exposure`, `dating`, `returning` and `release`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from typing_extensions import override

from ledger.rules.row import Row, between

Phase: TypeAlias = Literal["store", "transport", "uncontrolled", "ward"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)

MAX_GAP_MINUTES: Final = 30
"""No pack may let a reading stand longer: what a unit was kept at is looked up this far back."""


class Limits(Row, frozen=True, kw_only=True):
    """What a component bears in one phase.

    How long a reading stands and what is let pass before quarantine are the facility's choice, and no figure of a
    jurisdiction: neither is part of `value`.

    Attributes:
        low: lowest temperature, inclusive, centi-degrees Celsius; None: no lower limit.
        high: highest temperature, inclusive; None: no upper limit.
        max_gap_ms: how long a reading stands, and the longest gap that is tolerated.
        tolerated_out_ms: how long a unit may be out before it must be quarantined.
        agitation: whether the component must be kept moving (platelets).
    """

    low: int | None
    high: int | None
    max_gap_ms: int
    tolerated_out_ms: int = 0
    agitation: bool = False

    @property
    @override
    def value(self) -> str:
        """`200..600`, `..-1800`, `2000..2400 agitated`."""
        return between(self.low, self.high) + (" agitated" if self.agitation else "")


class Dating(Row, frozen=True, kw_only=True):
    """How long a component lasts, counted from its start.

    Attributes:
        years: calendar years; exactly one of years, days, hours is given.
        days: days.
        hours: hours.
        ends: `end_of_day`: 23:59 local of the last day; `exact`: the same minute.
        counted_from: `collection` of the donation, or the `making` of this component (washing, thawing, opening).
        irradiated_days: irradiation shortens the life to so many days after it, if that is earlier; the figure itself,
            with its source, is the component's `Irradiation`.
    """

    years: int | None = None
    days: int | None = None
    hours: int | None = None
    ends: Literal["end_of_day", "exact"]
    counted_from: Literal["collection", "making"] = "collection"
    irradiated_days: int | None = None

    @property
    @override
    def value(self) -> str:
        """`35 days end_of_day collection`, `24 hours exact making`."""
        spans = (("years", self.years), ("days", self.days), ("hours", self.hours))
        life = next(f"{length} {unit}" for unit, length in spans if length is not None)
        return f"{life} {self.ends} {self.counted_from}"


class Irradiation(Row, frozen=True, kw_only=True):
    """How long a component lasts at most after its irradiation (辐照), in days; the earlier end counts."""

    days: int

    @property
    @override
    def value(self) -> str:
        """`28 days`."""
        return f"{self.days} days"


class Agitation(Row, frozen=True, kw_only=True):
    """How long one interruption of its agitation may last, in minutes, where its limits ask for agitation."""

    minutes: int

    @property
    def longest_ms(self) -> int:
        """The same in milliseconds."""
        return self.minutes * 60_000

    @property
    @override
    def value(self) -> str:
        """`60 minutes`."""
        return f"{self.minutes} minutes"


class Relabelling(Row, frozen=True, kw_only=True):
    """What the component may be relabelled as when its own life ends (改签), e.g. `FP` for `FFP`.

    The new life is that component's, counted from the same start.
    """

    component: str

    @property
    @override
    def value(self) -> str:
        """The other component's code."""
        return self.component


class Allowance(Row, frozen=True, kw_only=True):
    """An excursion that a person may accept when assessing it; it never changes a verdict by itself.

    Attributes:
        phase: where it applies.
        low: lowest temperature, inclusive; None: not given.
        high: highest temperature, inclusive.
        minutes: how long at most.
        times: how often in the unit's life; None: not limited.
    """

    phase: Phase
    low: int | None = None
    high: int
    minutes: int
    times: int | None = None

    @property
    @override
    def value(self) -> str:
        """`store 100..1000 300 minutes 1 times`."""
        often = "" if self.times is None else f" {self.times} times"
        return f"{self.phase} {between(self.low, self.high)} {self.minutes} minutes{often}"


class ReturnRule(Row, frozen=True, kw_only=True):
    """Whether a unit may come back into stock after a spell out of control.

    Attributes:
        rule: `never`; `within`: where the spell stayed within what follows; `validated`: within what the site has
            validated itself, and this pack does not say; `unstated`: a person decides.
        minutes: for `within`, how long the spell may have lasted, inclusive; None: not limited.
        low: lowest temperature in it, inclusive, centi-degrees; None: not limited.
        high: highest temperature in it, inclusive; None: not limited.
        times: how many such spells a unit may have had, this one included; None: not limited.
    """

    rule: Literal["never", "within", "validated", "unstated"]
    minutes: int | None = None
    low: int | None = None
    high: int | None = None
    times: int | None = None

    @property
    @override
    def value(self) -> str:
        """`never`, `within 100..1000 300 minutes 1 times`."""
        minutes = "" if self.minutes is None else f" {self.minutes} minutes"
        often = "" if self.times is None else f" {self.times} times"
        span = "" if self.low is None and self.high is None else f" {between(self.low, self.high)}"
        return f"{self.rule}{span}{minutes}{often}"


@dataclass(frozen=True, slots=True)
class ComponentRules:
    """What the pack says of one component.

    Attributes:
        limits: by phase; a phase without limits cannot be judged.
        dating: None where the pack gives no shelf life.
        allowances: what a person may accept.
        irradiation: what irradiation makes of its shelf life; None: the pack is silent.
        agitation: how long it may lie still; None: the pack is silent, and no interruption is too long.
        relabelling: what it may become at its end; None: nothing.
        returns: rules for its own spells out of control, where they differ from the pack's.
        zh: its name in Chinese.
        en: its name in English.
        like: the component whose rows it shares, but for its own.
    """

    limits: Mapping[Phase, Limits]
    dating: Dating | None = None
    allowances: tuple[Allowance, ...] = ()
    irradiation: Irradiation | None = None
    agitation: Agitation | None = None
    relabelling: Relabelling | None = None
    returns: Mapping[Phase, ReturnRule] = field(default_factory=dict)
    zh: str = ""
    en: str = ""
    like: str | None = None

    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order in which people read them."""
        single = [row for row in (self.dating, self.irradiation, self.agitation, self.relabelling) if row is not None]
        return (*self.limits.values(), *single, *self.allowances, *self.returns.values())


@dataclass(frozen=True, slots=True)
class Pack:
    """One jurisdiction's rules, one version.

    Attributes:
        name: the pack's short name, e.g. `cn`.
        version: the file's version; a verdict names it.
        jurisdiction: for a person.
        sources: source key to citation.
        components: component code to rules.
        returns: by phase (`ward`, `uncontrolled`) the rule for units that come back from a spell there.
        two_persons_release: whether release needs two different persons.
        derives: the pack of which this one is a facility's own variant; None: it stands by itself.
        max_gap_ms: how long a reading stands in a phase of which the pack says nothing.
    """

    name: str
    version: str
    jurisdiction: str
    sources: Mapping[str, str]
    components: Mapping[str, ComponentRules]
    returns: Mapping[Phase, ReturnRule] = field(default_factory=dict)
    two_persons_release: bool = False
    derives: str | None = None
    max_gap_ms: int = 600_000

    def limits(self, component: str, phase: Phase) -> Limits | None:
        """The component's limits in a phase; None where the pack is silent."""
        rules = self.components.get(component)
        return None if rules is None else rules.limits.get(phase)

    def dating(self, component: str) -> Dating | None:
        """The component's shelf life; None where the pack is silent."""
        rules = self.components.get(component)
        return None if rules is None else rules.dating

    def agitation(self, component: str) -> Agitation | None:
        """How long the component may lie still; None where the pack is silent."""
        rules = self.components.get(component)
        return None if rules is None else rules.agitation

    def relabelled_as(self, component: str) -> str | None:
        """What the component may be relabelled as at its end; None: nothing."""
        rules = self.components.get(component)
        return None if rules is None or rules.relabelling is None else rules.relabelling.component

    def return_rule(self, component: str, phase: Phase) -> ReturnRule | None:
        """The rule for the component's return from a spell in the phase; None where the pack is silent."""
        rules = self.components.get(component)
        own = None if rules is None else rules.returns.get(phase)
        return own or self.returns.get(phase)

    @property
    def verified(self) -> bool:
        """Whether every figure of the pack was read in its source."""
        rows = (*self.returns.values(), *(row for rules in self.components.values() for row in rules.rows()))
        return all(row.verified for row in rows)
