"""A policy pack (判定标准): the limits and shelf lives of one jurisdiction, read from a versioned data file.

Looks figures up. No figure stands in code: each comes from the file with its source and with whether it was verified
against that source. How the file is read is `pack_file`; what follows from the figures is `exposure`, `dating` and
`release`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

Phase: TypeAlias = Literal["store", "transport", "uncontrolled", "ward"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a component bears in one phase.

    Attributes:
        low: lowest temperature, inclusive, centi-degrees Celsius; None: no lower limit.
        high: highest temperature, inclusive; None: no upper limit.
        max_gap_ms: how long a reading stands, and the longest gap that is tolerated.
        tolerated_out_ms: how long a unit may be out before it must be quarantined.
        agitation: whether the component must be kept moving (platelets).
        source: key into the pack's sources.
        verified: whether the figures were read in that source.
    """

    low: int | None
    high: int | None
    max_gap_ms: int
    tolerated_out_ms: int = 0
    agitation: bool = False
    source: str
    verified: bool


class Dating(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a component lasts, counted from its start (collection, thawing, washing: the caller says which).

    Attributes:
        years: calendar years; exactly one of years, days, hours is given.
        days: days.
        hours: hours.
        ends: `end_of_day`: 23:59 local of the last day; `exact`: the same minute.
        irradiated_days: irradiation shortens the life to so many days after it, if that is earlier.
        source: key into the pack's sources.
        verified: whether the figures were read in that source.
    """

    years: int | None = None
    days: int | None = None
    hours: int | None = None
    ends: Literal["end_of_day", "exact"]
    irradiated_days: int | None = None
    source: str
    verified: bool


class Allowance(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An excursion that a person may accept when assessing it; it never changes a verdict by itself.

    Attributes:
        phase: where it applies.
        low: lowest temperature, inclusive; None: not given.
        high: highest temperature, inclusive.
        minutes: how long at most.
        times: how often in the unit's life; None: not limited.
        source: key into the pack's sources.
        verified: whether the figures were read in that source.
    """

    phase: Phase
    low: int | None = None
    high: int
    minutes: int
    times: int | None = None
    source: str
    verified: bool


class ReturnRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether a unit may come back into stock from the ward.

    Attributes:
        from_ward: `never`; `validated`: the site validates its own time and temperature; `unstated`: a person decides.
        source: key into the pack's sources.
        verified: whether the rule was read in that source.
    """

    from_ward: Literal["never", "validated", "unstated"]
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class ComponentRules:
    """What the pack says of one component.

    Attributes:
        limits: by phase; a phase without limits cannot be judged.
        dating: None where the pack gives no shelf life.
        allowances: what a person may accept.
    """

    limits: Mapping[Phase, Limits]
    dating: Dating | None = None
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """One jurisdiction's rules, one version.

    Attributes:
        name: the pack's short name, e.g. `cn`.
        version: the file's version; a verdict names it.
        jurisdiction: for a person.
        sources: source key to citation.
        components: component code to rules.
        returns: the rule for units that come back from the ward.
        two_persons_release: whether release needs two different persons.
    """

    name: str
    version: str
    jurisdiction: str
    sources: Mapping[str, str]
    components: Mapping[str, ComponentRules]
    returns: ReturnRule
    two_persons_release: bool = False

    def limits(self, component: str, phase: Phase) -> Limits | None:
        """The component's limits in a phase; None where the pack is silent."""
        rules = self.components.get(component)
        return None if rules is None else rules.limits.get(phase)

    def dating(self, component: str) -> Dating | None:
        """The component's shelf life; None where the pack is silent."""
        rules = self.components.get(component)
        return None if rules is None else rules.dating

    @property
    def verified(self) -> bool:
        """Whether every figure of the pack was read in its source."""
        return all(
            all(limits.verified for limits in rules.limits.values())
            and all(allowance.verified for allowance in rules.allowances)
            and (rules.dating is None or rules.dating.verified)
            for rules in self.components.values()
        )
