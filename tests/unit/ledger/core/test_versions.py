"""A file says first what it is, and in which version."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.versions import UnknownVersionError, require_version

KNOWN = "xuemai/passport/v1"


def test_the_known_version_passes_whatever_else_is_in_the_file() -> None:
    require_version(b'{"format":"xuemai/passport/v1","more":[]}', KNOWN)


@pytest.mark.parametrize("version", ["2", "10", ""])
def test_another_version_is_not_wrong_but_unknown(version: str) -> None:
    with pytest.raises(UnknownVersionError, match="newer verifier"):
        require_version(b'{"format":"xuemai/passport/v%s"}' % version.encode(), KNOWN)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"format":1}', b"\xff", b'{"format":"xuemai/receipt/v1"}'])
def test_another_file_is_wrong(raw: bytes) -> None:
    with pytest.raises(FormatError) as wrong:
        require_version(raw, KNOWN)
    assert not isinstance(wrong.value, UnknownVersionError)
