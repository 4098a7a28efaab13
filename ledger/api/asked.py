"""What a request says, as JSON: read strictly, so that no two readers of the same bytes understand two things.

Decides whether a body is JSON of a given shape in which each key of an object stands once and nothing stands deeper
than events may; what the fields mean is left to the routes.
"""

import json
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ledger.core.errors import FormatError
from ledger.core.events import MAX_DEPTH

T = TypeVar("T")
_TOO_DEEP = f"expected lists and objects at most {MAX_DEPTH} deep"


class UnreadableError(FormatError):
    """The body is no JSON that can be read in one way alone."""


class UnfitError(FormatError):
    """The body is JSON of another shape."""


def read_json(raw: bytes, shape: type[T]) -> T:
    """The body as a value of this shape.

    Raises:
        UnreadableError: it is no JSON, names a key twice, or nests too deeply.
        UnfitError: it has another shape.
    """
    try:
        read = msgspec.json.decode(raw, type=shape)
        _require_shallow(json.loads(raw, object_pairs_hook=_each_key_once))
    except msgspec.ValidationError as error:
        raise UnfitError(str(error)) from error
    except RecursionError as error:
        raise UnreadableError(_TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(str(error)) from error
    return read


def _each_key_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs. What reads the last of two would believe another request than what reads the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError("expected each key of an object once")
    return found


def _require_shallow(value: object) -> None:
    """Refuse what stands deeper than events may, level by level: a deep value costs no deep stack."""
    level = _within([value])
    for _ in range(MAX_DEPTH):
        level = [each for one in level for each in _within(one)]
    if level:
        raise UnreadableError(_TOO_DEEP)


def _within(value: object) -> list[object]:
    """The lists and objects in a list or an object."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in inner if isinstance(each, list | dict)]
