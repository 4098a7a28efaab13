"""The file of a policy pack: TOML in, `Pack` out. Decides what a well-formed pack is; every error names the key.

Temperatures are centi-degrees Celsius, durations minutes. A limit that does not exist is left out: TOML has no null.
"""

from types import MappingProxyType
from typing import Final

from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.rules.pack import PHASES, Allowance, ComponentRules, Dating, Limits, Pack, Phase, ReturnRule
from ledger.rules.tables import read_as, read_toml, subtables

MINUTE_MS: Final = 60_000
DEFAULT_MAX_GAP_MINUTES: Final = 10


class _Head(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pack: str
    version: str
    jurisdiction: str
    sources: dict[str, str]
    returns: ReturnRule
    components: dict[str, object]
    two_persons_release: bool = False
    max_gap_minutes: int = DEFAULT_MAX_GAP_MINUTES


class _LimitsRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    low: int | None = None
    high: int | None = None
    max_gap_minutes: int | None = None
    tolerated_out_minutes: int = 0
    agitation: bool = False
    source: str
    verified: bool


def parse_pack(text: str) -> Pack:
    """Read a policy pack from TOML.

    Raises:
        ConfigError: not a pack; names the key.
    """
    table = read_toml(text, called="policy pack")
    head = read_as(_Head, table, key="policy pack ")
    key = f"policy pack {head.pack}: "
    _check_positive(head.max_gap_minutes, key=f"{key}max_gap_minutes")
    components = {
        component: _component(rows, head, key=f"{key}components.{component}")
        for component, rows in head.components.items()
    }
    _check_source(head.returns.source, head, key=f"{key}returns")
    return Pack(
        head.pack,
        head.version,
        head.jurisdiction,
        MappingProxyType(head.sources),
        MappingProxyType(components),
        head.returns,
        head.two_persons_release,
    )


def _component(rows: object, head: _Head, *, key: str) -> ComponentRules:
    limits: dict[Phase, Limits] = {}
    dating: Dating | None = None
    allowances: tuple[Allowance, ...] = ()
    for name, row in subtables(rows, key=key).items():
        here = f"{key}.{name}"
        if name == "dating":
            dating = _dating(row, head, key=here)
        elif name == "allowances":
            allowances = _allowances(row, head, key=here)
        else:
            limits[_phase(name, key=here)] = _limits(row, head, key=here)
    return ComponentRules(MappingProxyType(limits), dating, allowances)


def _phase(name: str, *, key: str) -> Phase:
    for phase in PHASES:
        if name == phase:
            return phase
    raise ConfigError(f"{key}: expected one of {', '.join(PHASES)}, dating or allowances, came {name!r}")


def _limits(row: object, head: _Head, *, key: str) -> Limits:
    given = read_as(_LimitsRow, row, key=key)
    if given.low is None and given.high is None:
        raise ConfigError(f"{key}: expected low, high or both, in centi-degrees")
    if given.low is not None and given.high is not None and given.low > given.high:
        raise ConfigError(f"{key}.low: expected at most high ({given.high}), came {given.low}")
    max_gap = head.max_gap_minutes if given.max_gap_minutes is None else given.max_gap_minutes
    _check_positive(max_gap, key=f"{key}.max_gap_minutes")
    if given.tolerated_out_minutes < 0:
        raise ConfigError(f"{key}.tolerated_out_minutes: expected 0 or more, came {given.tolerated_out_minutes}")
    _check_source(given.source, head, key=key)
    return Limits(
        low=given.low,
        high=given.high,
        max_gap_ms=max_gap * MINUTE_MS,
        tolerated_out_ms=given.tolerated_out_minutes * MINUTE_MS,
        agitation=given.agitation,
        source=given.source,
        verified=given.verified,
    )


def _dating(row: object, head: _Head, *, key: str) -> Dating:
    dating = read_as(Dating, row, key=key)
    lengths = [length for length in (dating.years, dating.days, dating.hours) if length is not None]
    if len(lengths) != 1:
        raise ConfigError(f"{key}: expected exactly one of years, days, hours, came {len(lengths)}")
    _check_positive(lengths[0], key=key)
    if dating.irradiated_days is not None:
        _check_positive(dating.irradiated_days, key=f"{key}.irradiated_days")
    _check_source(dating.source, head, key=key)
    return dating


def _allowances(rows: object, head: _Head, *, key: str) -> tuple[Allowance, ...]:
    allowances = tuple(read_as(list[Allowance], rows, key=key))
    for place, allowance in enumerate(allowances):
        _check_positive(allowance.minutes, key=f"{key}[{place}].minutes")
        _check_source(allowance.source, head, key=f"{key}[{place}]")
    return allowances


def _check_positive(number: int, *, key: str) -> None:
    if number < 1:
        raise ConfigError(f"{key}: expected 1 or more, came {number}")


def _check_source(source: str, head: _Head, *, key: str) -> None:
    if source not in head.sources:
        raise ConfigError(f"{key}.source: expected one of {', '.join(sorted(head.sources))}, came {source!r}")
