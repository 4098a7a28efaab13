"""What is an event, what is an event with a defect, and what is none."""

import msgspec
import pytest

from ledger.core import events, kinds
from ledger.core.errors import FormatError, Refused
from ledger.core.events import Carrier, Judged

STORED = kinds.Stored(
    v=1,
    stream="web",
    seq=7,
    nonce="0123456789abcdef" * 2,
    time="2026-03-02T08:20:00.000Z",
    clock="synchronised",
    place="place:centre/fridge-1",
    unit="unit:A999926000001.A0002V00",
)
BODY = events.encode(STORED)


def judged(body: bytes, stream: str = "web", seq: int = 7) -> Judged:
    answer = events.judge(body, stream=stream, seq=seq)
    assert isinstance(answer, Judged)
    return answer


def refused(body: bytes, stream: str = "web", seq: int = 7) -> Refused:
    answer = events.judge(body, stream=stream, seq=seq)
    assert isinstance(answer, Refused)
    assert answer.step == "envelope"
    return answer


def test_what_was_encoded_decodes_to_the_same_fact() -> None:
    assert events.decode(BODY) == STORED
    assert judged(BODY).event == STORED
    assert judged(BODY).defect is None


def test_every_kind_has_exactly_one_sort_of_stream() -> None:
    carried = [kind for kinds_carried in events.KINDS_OF.values() for kind in kinds_carried]
    assert len(carried) == len(set(carried))
    assert set(carried) == {str(member.__struct_config__.tag) for member in kinds.AnyEvent.__args__}


@pytest.mark.parametrize(
    ("stream", "carrier", "producer"),
    [
        ("site", Carrier.SITE, "site"),
        ("web", Carrier.WEB, "web"),
        ("gw-1/1/c", Carrier.CUSTODY, "gw-1"),
        ("gw-1/12/t", Carrier.TELEMETRY, "gw-1"),
    ],
)
def test_a_stream_says_who_speaks(stream: str, carrier: Carrier, producer: str) -> None:
    assert events.carrier_of(stream) is carrier
    assert events.producer_of(stream) == producer


@pytest.mark.parametrize("stream", ["", "web/1", "gw/0/c", "gw/1/x", "gw/1", "gw/1/c\n", "/1/c", "gw/01/c"])
def test_anything_else_is_no_stream(stream: str) -> None:
    with pytest.raises(FormatError, match="expected a stream"):
        events.carrier_of(stream)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'"kind":"stored"', b'"kind":"stored_twice"'), "stored_twice"),
        ((b'"unit":"unit:A9999', b'"unit":"unit:O9999'), "unit"),
        ((b'"time":"2026-03-02T08:20:00.000Z"', b'"time":"2026-03-02 08:20"'), "time"),
        ((b'"time":"2026-03-02', b'"time":"2026-02-30'), "time"),
        ((b'"time":"2026-03-02T08:20:00', b'"time":"2016-12-31T23:59:60'), "time"),
        ((b'"time":"2026', '"time":"\N{ARABIC-INDIC DIGIT TWO}026'.encode()), "time"),
        ((b"}", b',"more":1}'), "more"),
        ((b"}", b',"more":' + b"[" * 31 + b"]" * 31 + b"}"), "more"),
        ((b"}", b',"more":1.5}'), "integers"),
        ((b"}", b',"more":1.50}'), "integers"),
        ((b"}", b',"more":true}'), "integers"),
        ((b"}", b',"more":{"deep":[null]}}'), "integers"),
        ((b"}", b',"more":9007199254740992}'), "integers"),
        ((b"}", b',"recorded_at":null}'), "integers"),
        ((b'"clock":"synchronised"', b'"clock":"good"'), "clock"),
        ((b'"kind":"stored"', b'"kind":"tag_left"'), ""),
    ],
)
def test_a_wrong_field_is_a_defect_and_nothing_is_lost(change: tuple[bytes, bytes], said: str) -> None:
    body = BODY.replace(*change)
    answer = judged(body)
    assert answer.body == body
    assert answer.event is None
    assert answer.defect is not None
    assert said in answer.defect


def test_what_is_said_of_a_defect_can_be_kept_and_shown_whatever_its_event_holds() -> None:
    odd = judged(BODY.replace(b"}", b',"\\u0000\\u001b[2J\xe2\x80\xae\xe8\xa1\x80":1}'))
    assert odd.defect == r"Object contains unknown field `\x00\x1b[2J\u202e血`"
    long = judged(BODY.replace(b"}", b',"' + b"x" * 2000 + b'":1}'))
    assert long.defect is not None
    assert len(long.defect) == events.MAX_DEFECT
    assert long.defect.endswith("xxx…")


def test_a_kind_that_the_stream_may_not_carry_is_a_defect() -> None:
    body = BODY.replace(b'"stream":"web"', b'"stream":"gw/1/c"')
    assert judged(body, stream="gw/1/c").defect == "stream gw/1/c may not carry stored"


def test_fields_in_another_order_are_still_the_event() -> None:
    fields = msgspec.json.decode(BODY)
    body = msgspec.json.encode(dict(reversed(fields.items())))
    assert judged(body).event == STORED
    with pytest.raises(FormatError, match="canonical"):
        events.decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 4000,
        b"[" * 4000,
        BODY + b" ",
        BODY.replace(b":7", b": 7"),
        BODY.replace(b'"seq":7', b'"seq":7,"seq":7'),
        BODY.replace(b'"seq":7', b'"seq":8'),
        BODY.replace(b'"seq":7', b'"seq":7.0'),
        BODY.replace(b'"v":1', b'"v":2'),
        BODY.replace(b'"stream":"web"', b'"stream":"site"'),
        BODY.replace(b"0123456789abcdef", b"0123456789ABCDEF"),
        BODY.replace(b"fridge-1", b"fridge-\\u0031"),
        BODY.replace(b"fridge-1", b"fridge\\/1"),
        BODY.replace(b"fridge-1", b"fridge-\xff"),
        BODY.replace(b"fridge-1", b"\\ud800"),
        BODY.replace(b"fridge-1", b"f" * 5000),
        BODY.replace(b"}", b',"more":' + b"[" * 32 + b"]" * 32 + b"}"),
        BODY.decode().encode("utf-16"),
        b'{"kind":"stored","v":1,"stream":"web","seq":NaN,"nonce":"' + b"0" * 32 + b'"}',
        b'{"kind":"x","v":1,"stream":"web","seq":7,"nonce":"' + b"0" * 32 + b'","n":1e999}',
    ],
)
def test_a_wrong_envelope_is_no_event(body: bytes) -> None:
    assert refused(body).reason


def test_only_a_segment_may_be_long() -> None:
    body = b'{"kind":"temperature_segment","v":1,"stream":"web","seq":7,"nonce":"' + b"0" * 32 + b'","x":"'
    assert judged(body + b"y" * 20_000 + b'"}').defect
    assert refused(body + b"y" * 40_000 + b'"}')
    assert refused(body.replace(b"temperature_segment", b"temperature_spell") + b"y" * 20_000 + b'"}')


def test_a_producer_cannot_make_an_event_that_breaks_its_own_rules() -> None:
    with pytest.raises(FormatError, match="Stored"):
        events.encode(msgspec.structs.replace(STORED, unit="A999926000001"))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("nonce", "0" * 31),
        ("time", "2026-02-30T08:20:00.000Z"),
        ("place", "fridge-1"),
        ("tag", "tag:E2"),
        ("device", "x"),
    ],
)
def test_a_producer_cannot_misspell_what_every_sighting_has(field: str, wrong: str) -> None:
    common = {"v": 1, "stream": "gw-1/1/c", "seq": 1, "nonce": STORED.nonce, "time": STORED.time, "clock": STORED.clock}
    seen = {
        "kind": "tag_left",
        **common,
        "place": STORED.place,
        "tag": "tag:E2801160",
        "device": "device:gw-1/r",
        "reads": 1,
    }
    assert events.encode(msgspec.convert(seen, kinds.TagLeft))
    with pytest.raises(FormatError, match=rf"TagLeft: .*`\$\.{field}`"):
        events.encode(msgspec.convert({**seen, field: wrong}, kinds.TagLeft))


def test_a_producer_cannot_make_an_event_that_is_too_long() -> None:
    common = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "time": STORED.time, "clock": "simulated"}
    panel = [f"test-{number:03}" + "x" * 50 for number in range(90)]
    tested = msgspec.convert(
        common | {"kind": "tested", "din": "din:A999926000001", "overall": "fit", "panel": panel}, kinds.Tested
    )
    with pytest.raises(FormatError, match="4096"):
        events.encode(tested)


def lines(count: int, **fields: object) -> list[bytes]:
    return [events.encode(msgspec.structs.replace(STORED, seq=seq, **fields)) for seq in range(7, 7 + count)]


def test_a_batch_of_understood_events_is_read_at_once() -> None:
    bodies = lines(3)
    assert events.understood(bodies, stream="web", first=7) == [events.decode(body) for body in bodies]


def test_what_is_torn_across_two_lines_is_two_lines_that_nobody_understands() -> None:
    first, second = lines(2)
    whole = first + b"\n" + second
    for at in range(1, len(whole)):
        if whole[at : at + 1] != b"\n":
            torn = [whole[:at], whole[at:]]
            assert events.understood(torn, stream="web", first=7) is None
    assert events.understood([whole], stream="web", first=7) is None


@pytest.mark.parametrize(
    "odd",
    [
        BODY.replace(b'"stored"', b'"storde"'),
        BODY.replace(b'"kind"', b' "kind"'),
        BODY.replace(b'"seq":7', b'"seq":8'),
        BODY.replace(b'"web"', b'"site"'),
        BODY.replace(b"2026-03-02", b"2026-3-2"),
        b"[]",
        b"\xff",
    ],
)
def test_one_odd_event_and_the_batch_is_judged_one_by_one(odd: bytes) -> None:
    good = lines(3)
    assert events.understood([odd, *good[1:]], stream="web", first=7) is None
    assert events.understood(good, stream="web", first=8) is None
    assert events.understood(good, stream="site", first=7) is None


def test_events_from_anywhere_are_read_at_once_if_each_is_said_where_it_says() -> None:
    bodies = [*lines(2), *lines(1)]
    said = [("web", 7), ("web", 8), ("web", 7)]
    assert events.understood_apart(bodies, said=said) == [events.decode(body) for body in bodies]
    for wrong in ([*said[:2], ("web", 9)], [*said[:2], ("site", 7)], said[:2]):
        assert events.understood_apart(bodies, said=wrong) is None
    elsewhere = lines(1, stream="gw-1/1/c")
    assert events.understood_apart(elsewhere, said=[("gw-1/1/c", 7)]) is None
    assert events.understood_apart([b"[]", *bodies], said=[("web", 6), *said]) is None
    assert events.understood_apart([], said=[]) == []


def test_a_kind_of_another_stream_and_an_event_that_is_too_long_are_judged_one_by_one() -> None:
    elsewhere = lines(1, stream="gw-1/1/c")
    assert events.understood(elsewhere, stream="gw-1/1/c", first=7) is None
    long = [msgspec.json.encode(msgspec.structs.replace(STORED, by="person:" + "0" * 32, place="place:" + "a" * 5000))]
    assert events.understood(long, stream="web", first=7) is None


def test_a_batch_is_judged_as_its_events_are_one_by_one() -> None:
    odd = BODY.replace(b'"stored"', b'"storde"').replace(b'"seq":7', b'"seq":9')
    for bodies in (lines(3), [*lines(2), odd]):
        one_by_one = tuple(events.judge(body, stream="web", seq=seq) for seq, body in enumerate(bodies, 7))
        assert events.judge_all(bodies, stream="web", first=7) == one_by_one
    answer = events.judge_all(lines(3), stream="web", first=8)
    assert isinstance(answer, Refused)
    assert "event 8" in answer.reason
