"""Final fates (最终去向): which bags ought to have one by now and have none, and the closure rate (闭环率).

A bag's clock starts when it is issued to a ward, or when it expires unused, whichever comes first: from
then on somebody knows what became of it, and says so within the site's days. Only units after whose end nothing is left
of them have a final fate; a bag that came back from the ward is the blood bank's again, and waits for its expiry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of one unit, in milliseconds since the Unix epoch.

    Attributes:
        unit: its identifier.
        holder: who holds it, or held it last: whose fate it is to say.
        state: where it stands.
        issued_ms: when it was last issued to a ward, if it has not come back; None: it is on none.
        expires_ms: its expiry; None: not known.
        ended_ms: when it was transfused, discarded or made into others; None: it still is.
    """

    unit: str
    holder: str | None
    state: str
    issued_ms: int | None = None
    expires_ms: int | None = None
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        now_ms: the present instant.
        days: how many days may pass before a fate is missed.
        window_days: the days before those, over which the rate is taken.
    """

    now_ms: int
    days: int
    window_days: int

    @property
    def until_ms(self) -> int:
        """Whose clock started by then ought to have a fate; the window ends with this instant, inclusive."""
        return self.now_ms - self.days * DAY_MS

    @property
    def since_ms(self) -> int:
        """The window begins after this instant."""
        return self.until_ms - self.window_days * DAY_MS


@dataclass(frozen=True, slots=True)
class Missing:
    """A bag without a final fate, and since when somebody ought to know."""

    life: Life
    since_ms: int


@dataclass(frozen=True, slots=True)
class Closure:
    """Of the bags whose clock started in the window, how many have their final fate.

    Attributes:
        holder: whose; None: nobody is known to have held them.
        closed: the numerator.
        due: the denominator; never 0.
    """

    holder: str | None
    closed: int
    due: int

    @property
    def per_mille(self) -> int:
        """The rate in thousandths, rounded down, so that 1000 means all of them."""
        return self.closed * 1000 // self.due


def started_ms(life: Life) -> int | None:
    """When the unit's clock started; None: it has not, or it ended before."""
    starts = [each for each in (life.issued_ms, life.expires_ms) if each is not None]
    first = min(starts, default=None)
    if first is None or (life.ended_ms is not None and life.ended_ms < first):
        return None
    return first


def missing(lives: Iterable[Life], asked: Question) -> tuple[Missing, ...]:
    """The bags whose fate is missed, the longest first; however long ago, the window does not end the question."""
    found = [
        Missing(life, since)
        for life in lives
        if life.ended_ms is None and (since := started_ms(life)) is not None and since <= asked.until_ms
    ]
    return tuple(sorted(found, key=lambda each: (each.since_ms, each.life.unit)))


def closure(lives: Iterable[Life], asked: Question) -> tuple[Closure, ...]:
    """The closure rate of each holder, by name; a holder with nothing due has none."""
    due: dict[str | None, list[Life]] = {}
    for life in lives:
        since = started_ms(life)
        if since is not None and asked.since_ms < since <= asked.until_ms:
            due.setdefault(life.holder, []).append(life)
    return tuple(_closure(holder, due[holder]) for holder in sorted(due, key=str))


def _closure(holder: str | None, lives: Sequence[Life]) -> Closure:
    return Closure(holder, sum(life.ended_ms is not None for life in lives), len(lives))
