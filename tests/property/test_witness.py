"""Whatever is asked of a witness, in whatever order: what it cosigned is one story, and only ever grew."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core import checkpoint, merkle, witness
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError
from ledger.core.signing import sign_note
from ledger.core.witness import AddCheckpoint, Admitted, Declined
from tests.support.partner import Partner, signer
from tests.support.vast_trees import node_of_a_vast_tree

LOG = signer()
TRUE = Partner(LOG).grow_to(24)
LIES = [TRUE.other_story(keep).grow_to(24, f"lie {keep}") for keep in (0, 7, 16)]
asked = st.tuples(st.sampled_from([TRUE, *LIES]), st.integers(0, 24), st.integers(0, 24), st.integers(0, 24))


@given(st.lists(asked, max_size=30))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_the_cosigned_checkpoints_are_one_growing_story(
    requests: list[tuple[Partner, int, int, int]],
) -> None:
    latest: Checkpoint | None = None
    cosigned: list[tuple[Partner, int]] = []
    for story, old, size, proved_from in requests:
        admitted = witness.admit(story.request(old, size, honest_old=proved_from), [LOG.verifier])
        if isinstance(admitted, Declined):
            assert (admitted.status, old > size) == (400, True)
            continue
        if witness.advance(admitted, latest) is None:
            latest = admitted.head
            cosigned.append((story, size))
    sizes = [size for _, size in cosigned]
    assert sizes == sorted(sizes)
    last = cosigned[-1][0] if cosigned else TRUE
    assert all(story.head(size) == last.head(size) for story, size in cosigned)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_honest_log_is_always_cosigned_up_to_the_largest_size(data: st.DataObject) -> None:
    # The specification's 63 hashes are enough up to 2**62 leaves; beyond, some pairs of sizes need 64.
    sizes = st.integers(0, 300) | st.integers(2**39, 2**62) | st.sampled_from([2**62 - 1, 2**62])
    old, new = sorted(data.draw(st.tuples(sizes, sizes)))
    marked = data.draw(st.frozensets(st.integers(0, max(new - 1, 0)), max_size=4))
    node = node_of_a_vast_tree(marked)
    before, after = (Checkpoint(LOG.name, size, merkle.Frontier.from_nodes(size, node).root()) for size in (old, new))
    proof = merkle.consistency_proof(old, new, node)
    request = AddCheckpoint(old, tuple(proof), sign_note(checkpoint.format(after), [LOG]))
    raw = witness.format(request)
    assert witness.parse(raw) == request
    admitted = witness.admit(raw, [LOG.verifier])
    assert isinstance(admitted, Admitted)
    assert witness.advance(admitted, before) is None


@given(st.data())
def test_an_edited_request_is_refused_or_is_another_request(data: st.DataObject) -> None:
    raw = TRUE.request(7, 24)
    at = data.draw(st.integers(0, len(raw) - 1))
    put = data.draw(st.binary(max_size=2) | st.sampled_from([b"\n", b"\n\n", b" ", b"=", b"\r\n"]))
    edited = raw[:at] + put + raw[at + 1 :]
    try:
        read = witness.parse(edited)
    except NoteError:
        return
    assert witness.format(read) == edited
    assert (read == witness.parse(raw)) == (edited == raw)
