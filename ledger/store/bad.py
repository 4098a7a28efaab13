"""The first bad place of a ledger: what `ledger.fsck` answers."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class BadPlace:
    """Where the ledger is not what its own bytes say.

    Attributes:
        check: the check that found it.
        where: the file or the table.
        key: the row's key, or the page; empty where it is all of it.
        expected: what follows from the bytes that were verified before.
        found: what is there.
    """

    check: str
    where: str
    key: str
    expected: str
    found: str

    @override
    def __str__(self) -> str:
        place = f"{self.where} {self.key}".rstrip()
        return f"{self.check}: {place}: expected {self.expected}; found {self.found}"


class BadPlaceError(Exception):
    """Ends an examination at the first bad place."""

    def __init__(self, check: str, where: str, key: str = "", *, expected: str, found: str) -> None:
        super().__init__(where)
        self.place = BadPlace(check, where, key, expected, found)
