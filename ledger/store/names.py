"""Surrogate numbers for names, given out in log order without gaps."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Table, func, select

from ledger.store.prepared import Prepared, among, insertion, names_in

_CACHED = 32_768


class Names:
    """The numbers of one table of names (`streams`, `subjects`).

    Numbers that were given out in a transaction that then failed must be forgotten with `clear`.
    """

    def __init__(self, table: Table) -> None:
        self._find, self._last, self._insert = _statements(table)
        self._numbers: dict[str, int] = {}
        self._next: int | None = None

    def clear(self) -> None:
        """Forget everything that is not in the database."""
        self._numbers.clear()
        self._next = None

    def find(self, connection: Connection, names: Iterable[str]) -> dict[str, int]:
        """The numbers of those of `names` that have one."""
        if len(self._numbers) > _CACHED:
            self._numbers.clear()
        known = self._numbers
        wanted = dict.fromkeys(names)
        unknown = [name for name in wanted if name not in known]
        if not unknown:
            return {name: known[name] for name in wanted}
        own = {name: name for name in unknown}  # the text that is asked for: others remember the same one
        known.update((own[name], number) for name, number in self._find.rows(connection, names_in(unknown)))
        return {name: known[name] for name in wanted if name in known}

    def number(self, connection: Connection, names: Iterable[str]) -> dict[str, int]:
        """The numbers of `names`; those that have none get the next ones, in the order given."""
        wanted = list(dict.fromkeys(names))
        found = self.find(connection, wanted)
        if len(found) == len(wanted):
            return found
        if self._next is None:
            self._next = (self._last.run(connection).scalar() or 0) + 1
        added: list[tuple[int, str]] = []
        for name in wanted:
            if name not in found:
                found[name] = self._numbers[name] = self._next
                added.append((self._next, name))
                self._next += 1
        self._insert.run_many(connection, added)
        return found


@cache  # written once for each of the two tables: readers come and go
def _statements(table: Table) -> tuple[Prepared, Prepared, Prepared]:
    find = Prepared(select(table.c.name, table.c.id).where(among(table.c.name, "names")), "names")
    return find, Prepared(select(func.max(table.c.id))), insertion(table)
