"""When a database cannot be written anew: what was erased may then still stand in it."""

from ledger.core.errors import XuemaiError


class NotRewrittenError(XuemaiError):
    """The database did not let itself be written anew: no room, another writer, no right to. Try again."""
