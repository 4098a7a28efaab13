"""Whatever is read is written again as it came; whatever is written is read again as it was."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.core import checkpoint, note
from ledger.core.errors import NoteError
from ledger.core.note import Note, Signature, VerifierKey

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(32)]) | st.just("\n")
).map(lambda text: text + "\n")
names = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters="+"), min_size=1)
signatures = st.builds(
    Signature, name=names, key_id=st.binary(min_size=4, max_size=4), raw=st.binary(min_size=1, max_size=80)
)
notes = st.builds(Note, text=texts, signatures=st.lists(signatures, min_size=1, max_size=5).map(tuple))
keys = st.builds(VerifierKey, name=names, algorithm=st.sampled_from([1, 4]), public=st.binary(min_size=32, max_size=32))


@given(notes)
def test_notes_round_trip(written: Note) -> None:
    assert note.parse(note.format(written)) == written


@given(keys)
def test_keys_round_trip(key: VerifierKey) -> None:
    assert note.parse_vkey(note.format_vkey(key)) == key


@given(written=notes, draw=st.data())
def test_an_edited_note_is_refused_or_is_another_note(written: Note, draw: st.DataObject) -> None:
    raw = note.format(written)
    at = draw.draw(st.integers(0, len(raw) - 1))
    put = draw.draw(st.binary(max_size=2) | st.sampled_from([b"\n", b" ", b"=", b"\r\n", b"\xe2\x80\x94 "]))
    edited = raw[:at] + put + raw[at + 1 :]
    try:
        read = note.parse(edited)
    except NoteError:
        return
    assert note.format(read) == edited
    assert (read == written) == (edited == raw)


@given(st.binary(max_size=80) | st.text("\n— aA=+/0é", max_size=40).map(str.encode))
def test_any_bytes_are_refused_or_written_again_as_they_came(raw: bytes) -> None:
    try:
        read = note.parse(raw)
    except NoteError:
        return
    assert note.format(read) == raw


@given(st.text("\n0123456789aA=+/\t é", max_size=60) | st.text("0a\n", max_size=8))
def test_any_text_is_refused_or_is_a_checkpoint_written_again_as_it_came(text: str) -> None:
    try:
        read = checkpoint.parse(text)
    except NoteError:
        return
    assert checkpoint.format(read) == text
