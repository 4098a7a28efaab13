"""Which version of which file this is: asked before anything else of a JSON file is read.

A file of a newer version is not wrong; it is only not understood here, and a verdict on it has to say so. What tells
the version is how a file begins, byte for byte. Nothing of the rest is looked at, since what a later version allows
there is not known, and since readers of JSON differ about what none of them should meet (bytes that are no UTF-8,
halves of surrogate pairs, thousands of brackets): two verifiers must not differ about a file for that.
"""

import re

from ledger.core.errors import FormatError

_BEGINNING = re.compile(rb'\{"format":"([^"\\\x00-\x1f]{1,100})"[,}]')


class UnknownVersionError(FormatError):
    """A file of a version that this program does not know: nothing can be said about it."""


def require_version(raw: bytes, known: str) -> None:
    """See that a JSON object begins with the `format` that is known.

    Args:
        raw: the file.
        known: a format's name that ends in its version, e.g. `xuemai/passport/v1`.

    Raises:
        UnknownVersionError: the same format in another version.
        FormatError: another format, or nothing that begins with one.
    """
    found = _BEGINNING.match(raw)
    if found is None:
        raise FormatError(f'expected a file that begins with {{"format":"{known}"; got {raw[:60]!r}')
    named = found[1].decode("utf-8", "replace")
    if named == known:
        return
    name = known.rstrip("0123456789")
    if re.fullmatch(re.escape(name) + "[1-9][0-9]{0,8}", named):
        raise UnknownVersionError(f"expected {known}; got {named!r:.60}: use a newer verifier")
    raise FormatError(f"expected {known}; got {named!r:.60}")
