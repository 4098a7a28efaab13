"""A file says first what it is, and in which version."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.versions import UnknownVersionError, require_version

KNOWN = "xuemai/passport/v1"


@pytest.mark.parametrize("rest", [b"}", b',"more":[]}', b",\xff", b"," + b"[" * 100_000])
def test_the_known_version_passes_whatever_else_is_in_the_file(rest: bytes) -> None:
    require_version(b'{"format":"xuemai/passport/v1"' + rest, KNOWN)


@pytest.mark.parametrize("version", ["2", "10", "999999999"])
@pytest.mark.parametrize("rest", [b"}", b',"x":"\xff"}', b',"x":"\\ud800"}', b',"x":' + b"[" * 100_000, b",nonsense"])
def test_another_version_is_not_wrong_but_unknown_whatever_it_holds(version: str, rest: bytes) -> None:
    with pytest.raises(UnknownVersionError, match="newer verifier"):
        require_version(b'{"format":"xuemai/passport/v%s"%s' % (version.encode(), rest), KNOWN)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format":1}',
        b'{"format":"xuemai/receipt/v1"}',
        b'{"format":"xuemai/receipt/v2"}',
        b'{"format":"xuemai/passport/v"}',
        b'{"format":"xuemai/passport/v0"}',
        b'{"format":"xuemai/passport/v02"}',
        b'{"format":"xuemai/passport/v1000000000"}',
        b'{"format":"xuemai/passport/v2 "}',
        b'{"format":"xuemai/passport/v2\n"}',
        b'{"format":"xuemai/passport/v2\xff"}',
        b'{"format":"xuemai/passport/v\\u0032"}',
        b'{"format":"xuemai/passport/v\xd9\xa2"}',
        b'{"format":"xuemai\\/passport\\/v2"}',
        b'{"format":"xuemai/passport/v2"',
        b'{"format":"xuemai/passport/v2" }',
        b' {"format":"xuemai/passport/v2"}',
        b'{"format": "xuemai/passport/v2"}',
        b'{"a":1,"format":"xuemai/passport/v2"}',
        b'[{"format":"xuemai/passport/v2"}]',
        b'\xef\xbb\xbf{"format":"xuemai/passport/v2"}',
    ],
)
def test_another_file_is_wrong(raw: bytes) -> None:
    with pytest.raises(FormatError) as wrong:
        require_version(raw, KNOWN)
    assert not isinstance(wrong.value, UnknownVersionError)
