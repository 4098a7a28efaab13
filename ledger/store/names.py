"""Surrogate numbers for names, given out in log order without gaps."""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, func, insert, select

_CACHED = 200_000
_PER_QUERY = 500


class Names:
    """The numbers of one table of names (`streams`, `subjects`).

    Numbers that were given out in a transaction that then failed must be forgotten with `clear`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._numbers: dict[str, int] = {}
        self._next: int | None = None

    def clear(self) -> None:
        """Forget everything that is not in the database."""
        self._numbers.clear()
        self._next = None

    def find(self, connection: Connection, names: Iterable[str]) -> dict[str, int]:
        """The numbers of those of `names` that have one."""
        wanted = list(dict.fromkeys(names))
        unknown = [name for name in wanted if name not in self._numbers]
        if len(self._numbers) > _CACHED:
            self._numbers.clear()
            unknown = wanted
        table = self._table
        for start in range(0, len(unknown), _PER_QUERY):
            some = unknown[start : start + _PER_QUERY]
            rows = connection.execute(select(table.c.name, table.c.id).where(table.c.name.in_(some)))
            self._numbers.update((name, number) for name, number in rows)
        return {name: self._numbers[name] for name in wanted if name in self._numbers}

    def number(self, connection: Connection, names: Iterable[str]) -> dict[str, int]:
        """The numbers of `names`; those that have none get the next ones, in the order given."""
        wanted = list(dict.fromkeys(names))
        found = self.find(connection, wanted)
        if len(found) == len(wanted):
            return found
        if self._next is None:
            self._next = (connection.execute(select(func.max(self._table.c.id))).scalar() or 0) + 1
        added = []
        for name in wanted:
            if name not in found:
                found[name] = self._numbers[name] = self._next
                added.append({"id": self._next, "name": name})
                self._next += 1
        connection.execute(insert(self._table), added)
        return found
