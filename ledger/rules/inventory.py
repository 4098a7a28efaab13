"""What is in stock (库存): bags counted by what they are and where, the first to expire first.

Pure: bags in, counts out. A bag counts in bags and in its component's own measure: U in hundredths, mL, therapeutic
doses; measures are never added to each other. Whether a bag may be issued is `ledger.rules.release`'s to say: what is
proposed here is free and in date, and its cold chain was not looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ledger.core.errors import FormatError
from ledger.rules.dating import is_expired
from ledger.rules.lifecycle import ENDS, State

Measure: TypeAlias = Literal["U", "mL", "dose"]
Column: TypeAlias = Literal["component", "abo", "rhd", "place", "holder", "state", "expires"]
COLUMNS: Final[tuple[Column, ...]] = ("component", "abo", "rhd", "place", "holder", "state", "expires")
"""By what bags can be counted; `expires` is a day, as the site's clocks show it."""

FREE: Final = frozenset({State.AVAILABLE, State.IN_HOSPITAL})
"""States in which a bag is in a stock and nobody has a claim to it: a station's, a hospital's."""


@dataclass(frozen=True, slots=True)
class Bag:
    """One unit, as far as stock is concerned.

    Attributes:
        unit: `unit:…`.
        component: its component, such as `RBC_AS`; its product code where the catalogue does not list that.
        abo: `A`, `B`, `AB`, `O` or None.
        rhd: `positive`, `negative` or None.
        place: where it is; None: at no known place.
        holder: who holds it: an organisation, `transit`, or None.
        state: as in `ledger.rules.lifecycle`; `on_hold` where a late event awaits a person.
        expires_ms: its last usable instant; None: none is recorded.
        expires: the day of that, as YYYY-MM-DD of the site's time zone; None as above.
        amount: how much it holds: hundredths of a U, millilitres or doses; None where the catalogue does not say.
        measure: in what.
    """

    unit: str
    component: str
    abo: str | None
    rhd: str | None
    place: str | None
    holder: str | None
    state: str
    expires_ms: int | None
    expires: str | None
    amount: int | None
    measure: Measure | None


@dataclass(frozen=True, slots=True)
class Line:
    """Bags that are alike.

    Attributes:
        key: in what they are alike: a value for each column that was asked for.
        bags: how many.
        amounts: measure → how much: hundredths of a U, millilitres, doses.
        unmeasured: how many of them have a product of which the catalogue does not say how much a bag holds.
        earliest_ms: the earliest expiry among them; None: none has one.
    """

    key: tuple[str | None, ...]
    bags: int
    amounts: dict[Measure, int]
    unmeasured: int
    earliest_ms: int | None


@dataclass(frozen=True, slots=True)
class FreeBags:
    """Free bags in date that are alike.

    Attributes:
        component: what each of them is, as a `Bag` has it.
        abo: likewise.
        rhd: likewise.
        place: likewise.
        holder: likewise.
        amount: likewise.
        measure: likewise.
        bags: how many there are.
        soon: how many of them expire soon.
        earliest_ms: when the first of them expires.
    """

    component: str
    abo: str | None
    rhd: str | None
    place: str | None
    holder: str | None
    amount: int | None
    measure: Measure | None
    bags: int
    soon: int
    earliest_ms: int


Likeness: TypeAlias = tuple[str, str | None, str | None, str | None, str | None, int | None, Measure | None]
"""In what free bags are alike: the first seven of `FreeBags`."""

_VALUE_OF: Final[Mapping[Column, Callable[[Bag], str | None]]] = MappingProxyType(
    {
        "component": lambda bag: bag.component,
        "abo": lambda bag: bag.abo,
        "rhd": lambda bag: bag.rhd,
        "place": lambda bag: bag.place,
        "holder": lambda bag: bag.holder,
        "state": lambda bag: bag.state,
        "expires": lambda bag: bag.expires,
    }
)


def parse_columns(text: str) -> tuple[Column, ...]:
    """Columns with commas between, such as `component,abo`, in the order asked for; of none, the empty text.

    Raises:
        FormatError: there is no such column, or one is named twice.
    """
    asked = text.split(",") if text else []
    found = tuple(column for name in asked for column in COLUMNS if column == name)
    if len(set(found)) != len(asked):
        raise FormatError(f"by: expected some of {','.join(COLUMNS)}, each once; got {text!r}")
    return found


def is_stock(bag: Bag) -> bool:
    """Whether the bag still exists as that unit: not transfused, discarded or made into others."""
    return bag.state not in ENDS


def count(bags: Iterable[Bag], by: Sequence[Column]) -> tuple[Line, ...]:
    """Count bags by columns: a line for each combination that there is, in order of its values, unknown ones last."""
    alike: defaultdict[tuple[str | None, ...], list[Bag]] = defaultdict(list)
    for bag in bags:
        alike[tuple(_VALUE_OF[column](bag) for column in by)].append(bag)
    ordered = sorted(alike, key=lambda key: [(value is None, value or "") for value in key])
    return tuple(_line(key, alike[key]) for key in ordered)


def fefo(bags: Iterable[Bag], at_ms: int) -> tuple[Bag, ...]:
    """The bags that could be taken, the first to expire first (FEFO, 先到期先出): free, and in date at an instant.

    A bag without a recorded expiry is not among them: nobody can say that it is in date.
    """
    dated = [(bag.expires_ms, bag.unit, bag) for bag in bags if bag.expires_ms is not None]
    free = (each for each in dated if each[2].state in FREE and not is_expired(each[0], now_ms=at_ms))
    return tuple(bag for _, _, bag in sorted(free))


def free_bags(bags: Iterable[Bag], at_ms: int, *, within_ms: int) -> tuple[FreeBags, ...]:
    """Count the bags that could be taken at an instant, and those of them that are out of date `within_ms` later."""
    alike: defaultdict[Likeness, list[Bag]] = defaultdict(list)
    for bag in fefo(bags, at_ms):
        alike[bag.component, bag.abo, bag.rhd, bag.place, bag.holder, bag.amount, bag.measure].append(bag)
    return tuple(
        FreeBags(
            *key,
            len(found),
            len(expiring(found, at_ms, within_ms=within_ms)),
            min(bag.expires_ms for bag in found if bag.expires_ms is not None),
        )
        for key, found in alike.items()
    )


def count_free(free: Iterable[FreeBags]) -> tuple[Line, ...]:
    """Count free bags by component, in order of its name."""
    alike: defaultdict[str, list[FreeBags]] = defaultdict(list)
    for each in free:
        alike[each.component].append(each)
    return tuple(_line_of_free(component, alike[component]) for component in sorted(alike))


def expiring(bags: Iterable[Bag], at_ms: int, *, within_ms: int) -> tuple[Bag, ...]:
    """The bags in stock that are in date at an instant and not any more `within_ms` later; the first first."""
    soon = [
        (bag.expires_ms, bag.unit, bag)
        for bag in bags
        if bag.expires_ms is not None
        and is_stock(bag)
        and not is_expired(bag.expires_ms, now_ms=at_ms)
        and is_expired(bag.expires_ms, now_ms=at_ms + within_ms)
    ]
    return tuple(bag for _, _, bag in sorted(soon))


def _line(key: tuple[str | None, ...], bags: Sequence[Bag]) -> Line:
    amounts: defaultdict[Measure, int] = defaultdict(int)
    unmeasured = 0
    for bag in bags:
        if bag.amount is None or bag.measure is None:
            unmeasured += 1
        else:
            amounts[bag.measure] += bag.amount
    earliest_ms = min((bag.expires_ms for bag in bags if bag.expires_ms is not None), default=None)
    return Line(key, len(bags), dict(sorted(amounts.items())), unmeasured, earliest_ms)


def _line_of_free(component: str, free: Sequence[FreeBags]) -> Line:
    amounts: defaultdict[Measure, int] = defaultdict(int)
    unmeasured = 0
    for each in free:
        if each.amount is None or each.measure is None:
            unmeasured += each.bags
        else:
            amounts[each.measure] += each.bags * each.amount
    number, earliest_ms = sum(each.bags for each in free), min(each.earliest_ms for each in free)
    return Line((component,), number, dict(sorted(amounts.items())), unmeasured, earliest_ms)
