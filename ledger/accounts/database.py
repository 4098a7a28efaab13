"""accounts.db as a file; passwords are hashed outside of its transactions."""

from pathlib import Path

from ledger import erasable
from ledger.accounts.tables import APPLICATION_ID, GUARDS, SCHEMA_VERSION, metadata

_FORM = erasable.Form("an accounts database", APPLICATION_ID, SCHEMA_VERSION, metadata, GUARDS)


class Database(erasable.ErasableDatabase):
    """An open accounts.db.

    Raises:
        ConfigError: no such file, not an accounts database, another version, or readable by everyone on the machine.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _FORM)


def create_file(path: Path) -> None:
    """Make an empty accounts database, readable by its owner only.

    Raises:
        ConfigError: there is a file already.
    """
    erasable.create_file(path, _FORM)
