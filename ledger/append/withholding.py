"""What a person's assertion withholds from the log: commitments in its place, and the values with the keeper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from ledger.core.errors import ConfigError
from ledger.store.assertions import Draft
from ledger.store.writer import StorageError
from ledger.withheld.keeper import Keeper
from ledger.withheld.values import Kept, withhold

Values: TypeAlias = Mapping[int, Sequence[Kept]]
"""The number that an event gets in its stream → what it withholds."""


def commit(
    drafts: Sequence[Draft], *, first: int, entropy: Callable[[int], bytes]
) -> tuple[list[Draft], dict[int, tuple[Kept, ...]]]:
    """The drafts with a commitment in the place of each `Withheld`, and the values by their events' numbers.

    Args:
        drafts: the events that are to be.
        first: the number that the first of them gets.
        entropy: random bytes for salts.
    """
    told, values = [], {}
    for seq, draft in enumerate(drafts, first):
        fields, kept = withhold(draft.fields, salt=entropy)
        told.append(replace(draft, fields=fields))
        if kept:
            values[seq] = kept
    return told, values


def keep(keeper: Keeper, stream: str, first: int, values: Values) -> None:
    """Keep what is withheld, durably, before the commit: no commitment enters the log that nobody can open.

    Raises:
        StorageError: it cannot be kept.
    """
    try:
        keeper.keep(stream, first, values)
    except (SQLAlchemyError, ConfigError, OSError) as error:
        raise StorageError(f"what is withheld cannot be kept: {error}") from error
