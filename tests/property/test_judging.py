"""A batch is judged at once as each of its events would be by types that check every spelling as they decode.

Something is planted in any text of an event of any kind: what is accepted, and in which words the rest is a defect or
refused, must not depend on which of the two ways it went, nor on what was judged before.
"""

import re
from typing import TypeAlias, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from ledger.core import events, kinds
from ledger.core.errors import Refused
from ledger.core.events import KINDS_OF, Carrier, Judged
from ledger.core.spelling import exact

Path: TypeAlias = tuple[str | int, ...]

KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(kinds.AnyEvent)}
STREAMS = {Carrier.SITE: "site", Carrier.WEB: "web", Carrier.CUSTODY: "gw-1/1/c", Carrier.TELEMETRY: "gw-1/1/t"}
STREAM_OF = {kind: STREAMS[carrier] for carrier, carried in KINDS_OF.items() for kind in carried}
WELL_SPELT = (
    *("0" * 32, "2026-03-02T08:20:00.000Z", "place:centre/fridge-1", "tag:E28011606000", "device:gw-1/reader-1"),
    *(
        "unit:A999926000001.A0002V00",
        "din:A999926000001",
        "box:B1",
        "probe:gw-1/p1",
        "person:" + "0" * 32,
        "org:centre",
    ),
    *(
        "sample:S1",
        "lot:bag/L1",
        "equipment:E1",
        "container:C1",
        "consignment:C1",
        "case:K1",
        "order:O1",
        "key:" + "0" * 64,
        "sha256:" + "0" * 64,
        "A" * 43 + "=",
        "A" * 86 + "==",
        "A1",
        "00000000-0000-4000-8000-000000000000",
        "2026-03-02",
    ),
)
exactly = {name: msgspec.json.Decoder(exact(kind)) for name, kind in KINDS.items()}


def sample(described: inspect.Type) -> object:  # noqa: C901, PLR0911  one arm a sort
    """Something that is as described."""
    match described:
        case inspect.Metadata(type=inner):
            return sample(inner)
        case inspect.StrType(pattern=pattern, min_length=least):
            return next(text for text in WELL_SPELT if re.search(pattern or "", text) and len(text) >= (least or 0))
        case inspect.IntType(ge=least):
            return max(least or 0, 1)
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.ListType(item_type=item, min_length=least):
            return [sample(item) for _ in range(max(least or 0, 1))]
        case inspect.TupleType(item_types=items):
            return [sample(item) for item in items]
        case inspect.UnionType(types=types):
            return sample(next(each for each in types if not isinstance(each, inspect.NoneType)))
        case inspect.StructType(fields=fields):
            filled = {each.encode_name: (sample(each.type), each.default) for each in fields}
            return {name: value for name, (value, default) in filled.items() if value != default}
    raise TypeError(described)


def good(kind: str, seq: int) -> dict[str, object]:
    """An event of `kind` with all of its fields, but for what stands for itself where it is left out."""
    filled = sample(inspect.type_info(exact(KINDS[kind])))
    assert isinstance(filled, dict)
    return {"kind": kind, **filled, "v": 1, "stream": STREAM_OF[kind], "seq": seq}


def texts_in(value: object, at: Path = ()) -> list[Path]:
    """Where a text stands in a decoded value."""
    if isinstance(value, str):
        return [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, each in inner for path in texts_in(each, (*at, key))]


def plant(value: object, path: Path, text: str) -> object:
    """The value with `text` in this place."""
    if not path:
        return text
    step, *rest = path
    if isinstance(value, dict):
        return {key: plant(each, tuple(rest), text) if key == step else each for key, each in value.items()}
    assert isinstance(value, list)
    return [plant(each, tuple(rest), text) if at == step else each for at, each in enumerate(value)]


def text_at(value: object, path: Path) -> str:
    for step in path:
        value = value[step]  # type: ignore[index]  # the path was found in it
    assert isinstance(value, str)
    return value


def one_by_one(bodies: list[bytes], stream: str) -> tuple[Judged, ...] | Refused:
    found = []
    for seq, body in enumerate(bodies, 1):
        answer = events.judge(body, stream=stream, seq=seq)
        if isinstance(answer, Refused):
            return answer
        found.append(answer)
    return tuple(found)


def against(body: bytes, kind: str) -> str | None:
    """What the types that check everything have against an event."""
    try:
        exactly[kind].decode(body)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def bent(text: str) -> st.SearchStrategy[str]:
    """Texts that are nearly `text`, and other well-spelt ones."""
    near = [text + "\n", "\n" + text, text + "0", text[:-1], text[1:], text.upper(), text.lower(), text + " ", ""]
    near += [text.replace("0", other) for other in ("\N{ARABIC-INDIC DIGIT ZERO}", "O", "1", "/", ".", "g", "\x00")]
    return st.sampled_from(near) | st.sampled_from(WELL_SPELT) | st.text(max_size=40)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_well_spelt_events_of_any_kind_is_understood_at_once(kind: str) -> None:
    bodies = [msgspec.json.encode(good(kind, seq)) for seq in (1, 2, 3)]
    assert [against(body, kind) for body in bodies] == [None] * 3
    understood = events.understood(bodies, stream=STREAM_OF[kind], first=1)
    assert understood is not None
    assert {type(event) for event in understood} == {KINDS[kind]}
    assert events.judge_all(bodies, stream=STREAM_OF[kind], first=1) == one_by_one(bodies, STREAM_OF[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", ["", "wrong\n", "\N{ARABIC-INDIC DIGIT ZERO}"])
def test_no_text_of_any_kind_goes_unchecked(kind: str, wrong: str) -> None:
    event = good(kind, 1)
    for path in texts_in(event):
        if path[0] != "kind":
            judged_as_by_exact_types(kind, path, wrong)


SEEN = [str(kind.__struct_config__.tag) for kind in get_args(kinds.Seen)]


@given(drawn=st.data(), kind=st.sampled_from(sorted(KINDS)))
def test_what_is_planted_anywhere_is_judged_alike_both_ways(drawn: st.DataObject, kind: str) -> None:
    event = good(kind, 1)
    path = drawn.draw(st.sampled_from([path for path in texts_in(event) if path[0] != "kind"]))
    judged_as_by_exact_types(kind, path, drawn.draw(bent(text_at(event, path))))


@given(drawn=st.data(), kind=st.sampled_from(SEEN))
def test_what_is_planted_in_what_every_sighting_has_is_judged_alike(drawn: st.DataObject, kind: str) -> None:
    field = drawn.draw(st.sampled_from(["nonce", "time", "place", "tag", "device"]))
    judged_as_by_exact_types(kind, (field,), drawn.draw(bent(text_at(good(kind, 1), (field,)))))


def judged_as_by_exact_types(kind: str, path: Path, text: str) -> None:
    """Plant `text` in the second of three events, and compare every way of judging them."""
    stream = STREAM_OF[kind]
    bodies = [msgspec.json.encode(good(kind, seq)) for seq in (1, 2, 3)]
    bodies[1] = msgspec.json.encode(plant(good(kind, 2), path, text))
    answer = events.judge_all(bodies, stream=stream, first=1)
    assert answer == one_by_one(bodies, stream)
    said = against(bodies[1], kind)
    if isinstance(answer, Refused):
        assert said is not None or path == ("stream",)
        assert answer.step == "envelope"
        return
    assert answer[1].defect == said
    assert (answer[1].event is None) == (said is not None)
    assert [each.defect for each in (answer[0], answer[2])] == [None, None]
