"""Batches: one spelling on the wire, and nothing but the signed events inside."""

import msgspec
import pytest

from ledger.core import batch
from ledger.core.batch import BatchNote
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.events import event_leaf
from tests.support.golden import ORIGIN, story

SEALED = story().batches[4]
WIRE = batch.format_wire(batch.Batch(SEALED.note, SEALED.bodies))
TEXT = SEALED.text.format()


def test_a_batch_note_has_one_spelling() -> None:
    assert batch.parse_text(TEXT) == SEALED.text
    assert batch.parse_text(TEXT).format() == TEXT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("xuemai/batch/v1", "xuemai/batch/v2"),
        ("\n1 1\n", "\n01 1\n"),
        ("\n1 1\n", "\n1 0\n"),
        ("\n1 1\n", "\n1 1025\n"),
        ("\n1 1\n", "\n1  1\n"),
        ("gw-centre/1/c", "gw-centre/1"),
        (".000Z", "Z"),
        ("=\n", "\n"),
        ("=\n", "\N{SUPERSCRIPT TWO}\n"),
        (ORIGIN + "\n", "\n"),
    ],
)
def test_anything_else_is_no_batch_note(old: str, new: str) -> None:
    with pytest.raises(NoteError):
        batch.parse_text(TEXT.replace(old, new, 1))


def test_the_wire_round_trips() -> None:
    read = batch.parse_wire(WIRE)
    assert (read.note, read.bodies) == (SEALED.note, SEALED.bodies)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\n",
        WIRE[:-1],
        b" " + WIRE,
        WIRE.replace(b'{"note"', b'{"n":1,"note"', 1),
        WIRE.replace(b'{"note":', b'{"note": ', 1),
        b'{"note":"\xff"}\n{}\n',
        b'{"note":"\\ud800"}\n{}\n',
        WIRE.split(b"\n")[0] + b"\n",
        WIRE.split(b"\n")[0] + b"\n" + b"{}\n" * 1025,
        WIRE + b"x" * batch.MAX_WIRE_BYTES,
    ],
    ids=range(11),
)
def test_a_wire_that_nobody_would_write_is_refused(wire: bytes) -> None:
    with pytest.raises(FormatError):
        batch.parse_wire(wire)


def test_a_batch_note_carries_exactly_one_signature() -> None:
    twice = SEALED.note + SEALED.note.splitlines(keepends=True)[-1].replace(b"gw-centre ", b"gw-other ")
    with pytest.raises(NoteError, match="exactly one"):
        batch.read_note(twice)


def test_bodies_are_held_to_count_root_and_envelope() -> None:
    def refused(text: BatchNote, *bodies: bytes) -> str:
        answer = batch.judge_bodies(text, bodies)
        assert isinstance(answer, Refused)
        return answer.step

    body = SEALED.bodies[0]
    assert refused(SEALED.text, body, body) == "size"
    assert refused(SEALED.text, body.replace(b'"reads":2', b'"reads":3')) == "root"
    wrong = body.replace(b'"seq":1', b'"seq":2')
    text = batch.compose(
        [wrong], origin=ORIGIN, stream="gw-centre/1/c", first=1, previous=bytes(32), time=SEALED.text.time
    )
    assert refused(text, wrong) == "envelope"


def test_an_unknown_kind_inside_a_good_batch_is_kept() -> None:
    body = msgspec.json.encode({"kind": "dreamt", "v": 1, "stream": "gw-centre/1/c", "seq": 1, "nonce": "0" * 32})
    text = batch.compose(
        [body], origin=ORIGIN, stream="gw-centre/1/c", first=1, previous=bytes(32), time=SEALED.text.time
    )
    judged = batch.judge_bodies(text, [body])
    assert isinstance(judged, batch.Contents)
    (kept,) = judged.events
    assert (kept.body, kept.event) == (body, None)
    assert kept.defect
    assert judged.leaves == (event_leaf(body),)
