"""The file of a policy pack: TOML in, `Pack` out. Decides what a well-formed pack is; every error names the key.

Temperatures are centi-degrees Celsius, durations minutes. A limit that does not exist is left out: TOML has no null.
A component that is `like` another shares its rows, but for its own. A pack that `derives` from another shares all that
it does not say itself; a row that is taken over keeps its name and its source. How one row is read is `pack_rows`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.rules.pack import PHASES, ComponentRules, Limits, Pack, Phase, ReturnRule
from ledger.rules.pack_rows import (
    MINUTE_MS,
    Given,
    Monitoring,
    read_agitation,
    read_allowances,
    read_dating,
    read_irradiation,
    read_limits,
    read_relabelling,
    read_return,
)
from ledger.rules.tables import read_as, read_toml, subtables

DEFAULT_MAX_GAP_MINUTES: Final = 10
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_COMPONENT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,23}")
_RETURNING: Final[tuple[Phase, ...]] = ("uncontrolled", "ward")
_WORDS: Final = ("zh", "en", "like")
_SINGLE: Final = ("dating", "irradiated", "agitation", "relabelled", "allowances")
_STATED: Final = ("derives", "jurisdiction", "two_persons_release", "max_gap_minutes", "tolerated_out_minutes")
"""What a derived pack's head may say instead of its base's."""

Find = Callable[[str], str]
"""The text of the pack of a name; raises ConfigError where there is none."""


class _Head(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pack: str
    version: str
    derives: str | None = None
    jurisdiction: str | None = None
    sources: dict[str, str] = {}
    returns: dict[str, object] = {}
    components: dict[str, object] = {}
    two_persons_release: bool | None = None
    max_gap_minutes: int | None = None
    tolerated_out_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class _Component:
    words: Mapping[str, str]
    rows: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A file's content before its rows are read: all that a derived pack may replace."""

    head: _Head
    sources: Mapping[str, str]
    returns: Mapping[str, Given]
    components: Mapping[str, _Component]

    @property
    def called(self) -> str:
        return f"policy pack {self.head.pack}: "


def base_of(text: str) -> str | None:
    """The name of the pack that this one derives from; None: it stands by itself.

    Raises:
        ConfigError: not a pack.
    """
    return _read_head(text).derives


def parse_pack(text: str, find: Find | None = None) -> Pack:
    """Read a policy pack from TOML.

    Args:
        text: the file's text.
        find: gives the text of the pack that this one derives from; None: only a pack that stands by itself is read.

    Raises:
        ConfigError: not a pack; names the key.
    """
    sheet = _sheet(_read_head(text))
    derives = sheet.head.derives
    if derives is not None:
        if find is None:
            raise ConfigError(f"{sheet.called}derives: expected a pack that stands by itself, came one of {derives!r}")
        sheet = _derived(sheet, _base(find(derives), derives, sheet))
    if not sheet.components:
        raise ConfigError(f"{sheet.called}components: expected at least one")
    return _build(sheet)


def _read_head(text: str) -> _Head:
    head = read_as(_Head, read_toml(text, called="policy pack"), key="policy pack ")
    _check(_NAME, head.pack, key="policy pack .pack", says="at most 16 of a-z, 0-9 and -")
    _check(_VERSION, head.version, key=f"policy pack {head.pack}: version", says="at most 32 letters, digits, . _ -")
    if head.derives is None:
        for name in ("jurisdiction", "sources", "returns"):
            if not getattr(head, name):
                raise ConfigError(f"policy pack {head.pack}: {name}: expected, as the pack derives from no other")
    return head


def _base(text: str, name: str, derived: _Sheet) -> _Sheet:
    head = _read_head(text)
    if head.pack != name or head.derives is not None or name == derived.head.pack:
        raise ConfigError(f"{derived.called}derives: expected a pack {name!r} that derives from no other")
    return _sheet(head)


def _sheet(head: _Head) -> _Sheet:
    key = f"policy pack {head.pack}: "
    components = {}
    for name, rows in head.components.items():
        _check(_COMPONENT, name, key=f"{key}components.{name}", says="at most 24 of A-Z, 0-9 and _, a letter first")
        components[name] = _component(rows, head, name, key=f"{key}components.{name}")
    returns = {
        f"returns.{phase}": Given(f"{head.pack}/returns.{phase}", f"{key}returns.{phase}", row)
        for phase, row in head.returns.items()
    }
    return _Sheet(head, head.sources, returns, components)


def _component(table: object, head: _Head, component: str, *, key: str) -> _Component:
    words: dict[str, str] = {}
    rows: dict[str, Given] = {}
    for name, value in subtables(table, key=key).items():
        if name in _WORDS:
            words[name] = read_as(str, value, key=f"{key}.{name}")
            continue
        inner = (
            {f"returns.{phase}": row for phase, row in subtables(value, key=f"{key}.returns").items()}
            if name == "returns"
            else {name: value}
        )
        rows |= {
            row: Given(f"{head.pack}/{component}.{row}", f"{key}.{row}", content) for row, content in inner.items()
        }
    return _Component(words, rows)


def _derived(own: _Sheet, base: _Sheet) -> _Sheet:
    head = msgspec.structs.replace(base.head, **_stated(own.head), pack=own.head.pack, version=own.head.version)
    for name in own.sources.keys() & base.sources.keys():
        if own.sources[name] != base.sources[name]:
            raise ConfigError(f"{own.called}sources.{name}: expected another name; {base.head.pack} has its own {name}")
    components = dict(base.components)
    for name, each in own.components.items():
        before = components.get(name, _Component({}, {}))
        components[name] = _Component({**before.words, **each.words}, {**before.rows, **each.rows})
    return _Sheet(head, {**base.sources, **own.sources}, {**base.returns, **own.returns}, components)


def _build(sheet: _Sheet) -> Pack:
    head, key = sheet.head, sheet.called
    monitoring = Monitoring.read(
        DEFAULT_MAX_GAP_MINUTES if head.max_gap_minutes is None else head.max_gap_minutes,
        head.tolerated_out_minutes or 0,
        key=key,
    )
    components = {name: _rules(sheet, name, monitoring) for name in sheet.components}
    pack = Pack(
        head.pack,
        head.version,
        head.jurisdiction or "",
        MappingProxyType(dict(sheet.sources)),
        MappingProxyType(components),
        _returns(sheet.returns),
        head.two_persons_release or False,
        head.derives,
        monitoring.max_gap * MINUTE_MS,
    )
    _check_rows(pack, key=key)
    return pack


def _rules(sheet: _Sheet, name: str, monitoring: Monitoring) -> ComponentRules:
    own = sheet.components[name]
    rows = _with_model(sheet, name, own)
    for row, given in rows.items():
        if row not in {*PHASES, *_SINGLE} and not row.startswith("returns."):
            raise ConfigError(f"{given.key}: expected one of {', '.join((*PHASES, *_SINGLE, 'returns', *_WORDS))}")
    limits: dict[Phase, Limits] = {phase: read_limits(rows[phase], monitoring) for phase in PHASES if phase in rows}
    irradiation = read_irradiation(rows["irradiated"]) if "irradiated" in rows else None
    days = None if irradiation is None else irradiation.days
    return ComponentRules(
        limits=MappingProxyType(limits),
        dating=read_dating(rows["dating"], irradiated_days=days) if "dating" in rows else None,
        allowances=read_allowances(rows["allowances"]) if "allowances" in rows else (),
        irradiation=irradiation,
        agitation=read_agitation(rows["agitation"]) if "agitation" in rows else None,
        relabelling=read_relabelling(rows["relabelled"]) if "relabelled" in rows else None,
        returns=_returns({row: given for row, given in rows.items() if row.startswith("returns.")}),
        zh=own.words.get("zh", name),
        en=own.words.get("en", name),
        like=own.words.get("like"),
    )


def _with_model(sheet: _Sheet, name: str, own: _Component) -> dict[str, Given]:
    """A component's rows, over those of the component that it is like."""
    like = own.words.get("like")
    if like is None:
        return dict(own.rows)
    model = sheet.components.get(like)
    if model is None or "like" in model.words:
        key = f"{sheet.called}components.{name}.like"
        raise ConfigError(f"{key}: expected a component of this pack that is like no other, came {like!r}")
    return {**model.rows, **own.rows}


def _returns(rows: Mapping[str, Given]) -> Mapping[Phase, ReturnRule]:
    found: dict[Phase, ReturnRule] = {}
    for row, given in rows.items():
        phase = next((phase for phase in _RETURNING if row == f"returns.{phase}"), None)
        if phase is None:
            raise ConfigError(f"{given.key}: expected {' or '.join(_RETURNING)}: from there units come back")
        found[phase] = read_return(given, phase)
    return MappingProxyType(found)


def _stated(head: _Head) -> dict[str, object]:
    return {name: value for name in _STATED if (value := getattr(head, name)) is not None}


def _check_rows(pack: Pack, *, key: str) -> None:
    """Every source is named, and what a component may become is there."""
    rows = [*pack.returns.values(), *(row for rules in pack.components.values() for row in rules.rows())]
    for row in rows:
        if row.source not in pack.sources:
            expected = ", ".join(sorted(pack.sources))
            here = row.figure.partition("/")[2]
            raise ConfigError(f"{key}{here}.source: expected one of {expected}, came {row.source!r}")
    for name, rules in pack.components.items():
        if rules.relabelling is not None and rules.relabelling.component not in pack.components:
            other = rules.relabelling.component
            raise ConfigError(f"{key}components.{name}.relabelled: expected a component of this pack, came {other!r}")


def _check(pattern: re.Pattern[str], text: str, *, key: str, says: str) -> None:
    if not pattern.fullmatch(text):
        raise ConfigError(f"{key}: expected {says}, came {text!r}")
