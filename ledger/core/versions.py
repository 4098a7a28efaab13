"""Which version of which file this is: asked before anything else of a JSON file is read.

A file of a newer version is not wrong; it is only not understood here, and a verdict on it has to say so.
"""

import msgspec

from ledger.core.errors import FormatError


class UnknownVersionError(FormatError):
    """A file of a version that this program does not know: nothing can be said about it."""


class _Named(msgspec.Struct, frozen=True):
    format: str


def require_version(raw: bytes, known: str) -> None:
    """See that a JSON object's `format` is the one that is known.

    Args:
        raw: the file.
        known: a format's name that ends in its version, e.g. `xuemai/passport/v1`.

    Raises:
        UnknownVersionError: the same format in another version.
        FormatError: another format, or no JSON object with a `format`.
    """
    try:
        named = msgspec.json.decode(raw, type=_Named).format
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"expected a JSON object with `format`; {error}") from error
    if named == known:
        return
    if named.startswith(known.rstrip("0123456789")):
        raise UnknownVersionError(f"expected {known}; got {named!r:.60}: use a newer verifier")
    raise FormatError(f"expected {known}; got {named!r:.60}")
