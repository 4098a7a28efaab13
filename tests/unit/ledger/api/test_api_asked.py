"""Bodies of requests that two readers could understand differently, or that a reader could choke on."""

import pytest

from ledger.api.asked import UnfitError, UnreadableError, read_json
from ledger.core.events import MAX_DEPTH


def lists(depth: int, inmost: bytes = b"") -> bytes:
    return b"[" * depth + inmost + b"]" * depth


def test_what_says_everything_once_is_read() -> None:
    assert read_json(b'{"a":[{"b":1},{"b":2}],"c":"\\u0000"}', dict[str, object]) == {
        "a": [{"b": 1}, {"b": 2}],
        "c": "\0",
    }
    assert read_json(lists(MAX_DEPTH), object) is not None
    assert read_json(lists(MAX_DEPTH, b"1"), object) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"NaN",
        b"{} {}",
        b'"\\ud800"',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"c":[],"\\u0062":2}}',
        lists(MAX_DEPTH + 1),
        lists(MAX_DEPTH, b'{"a":1}'),
        lists(900),
        lists(100_000),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_what_could_be_read_in_two_ways_or_is_too_deep_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_json(raw, object)


@pytest.mark.parametrize("raw", [b"[]", b'{"a":"1"}', b'{"a":1e999}', b'{"a":' + b"9" * 5000 + b"}"])
def test_what_has_another_shape_says_so(raw: bytes) -> None:
    with pytest.raises(UnfitError):
        read_json(raw, dict[str, int])
