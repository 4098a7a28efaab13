"""Policies are read as people write them, and judged as the specification says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import policy
from ledger.core.errors import NoteError
from ledger.core.note import COSIGNATURE_V1, ED25519, ML_DSA_44, VerifierKey, format_vkey
from ledger.core.policy import Group, Log, Policy, Witness

LOG = VerifierKey("A9999.example/ledger/1", ED25519, bytes([9] * 32))
KEYS = {
    name: VerifierKey(f"witness.example/{name}", COSIGNATURE_V1, bytes([number] * 32))
    for number, name in enumerate(["X1", "X2", "X3", "Y1", "Y2", "Y3"], start=20)
}
L = format_vkey(LOG)
W = {name: format_vkey(key) for name, key in KEYS.items()}

EXAMPLE = f"""
# two organisations
log {L} https://ledger.example/

witness X1 {W["X1"]}
witness X2 {W["X2"]} https://x2.example/
witness X3 {W["X3"]}
group X-witnesses 2 X1 X2 X3

\twitness\t Y1  {W["Y1"]}\t
witness Y2 {W["Y2"]}
witness Y3 {W["Y3"]}
  # any of them
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".encode()


def test_the_example_of_the_specification_is_read() -> None:
    read = policy.parse(EXAMPLE)
    assert read.logs == (Log(LOG, "https://ledger.example/"),)
    assert read.witnesses[1] == Witness("X2", KEYS["X2"], "https://x2.example/")
    assert [each.name for each in read.witnesses] == list(KEYS)
    assert read.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert read.quorum == "X-and-Y"
    assert read.logs_of("A9999.example/ledger/1") == read.logs
    assert read.logs_of("A9999.example/ledger/2") == ()


@pytest.mark.parametrize(
    ("cosigned", "reached"),
    [
        ("X1 X2 Y1", True),
        ("X1 X3 Y3", True),
        ("X1 X2 X3 Y1 Y2 Y3", True),
        ("X1 Y1", False),
        ("X1 X2 X3", False),
        ("Y1 Y2 Y3", False),
        ("", False),
    ],
)
def test_the_example_is_judged(cosigned: str, reached: bool) -> None:  # noqa: FBT001 - a column of the table
    cosigners = {KEYS[name] for name in cosigned.split()}
    assert policy.parse(EXAMPLE).judge(cosigners) is reached


def test_only_the_witness_s_own_key_counts() -> None:
    read = policy.parse(f"witness X1 {W['X1']}\nquorum X1\n".encode())
    assert read.judge({KEYS["X1"], LOG})
    assert not read.judge({KEYS["X2"]})
    assert not read.judge({VerifierKey(KEYS["X1"].name, ED25519, KEYS["X1"].public)})


def test_no_witness_need_be_asked_for() -> None:
    read = policy.parse(b"quorum none")
    assert read == Policy((), (), (), "none")
    assert read.judge(set())


@given(st.sets(st.sampled_from(list(KEYS.values()))), st.sampled_from(list(KEYS.values())))
def test_one_more_cosignature_never_undoes_a_quorum(cosigners: set[VerifierKey], another: VerifierKey) -> None:
    read = policy.parse(EXAMPLE)
    assert read.judge(cosigners | {another}) or not read.judge(cosigners)


def test_what_is_written_reads_back_as_the_same_policy() -> None:
    read = policy.parse(EXAMPLE)
    written = policy.format(read)
    assert policy.parse(written) == read
    assert policy.format(policy.parse(written)) == written
    assert written.endswith(b"\ngroup X-and-Y 2 X-witnesses Y-witnesses\nquorum X-and-Y\n")


def test_names_are_opaque_octets() -> None:
    kelvin = b"witness \xe2\x84\xaa %s\nwitness K %s\nwitness \xff %s\ngroup \xfe 2 \xe2\x84\xaa \xff\nquorum \xfe\n"
    raw = kelvin % tuple(W[name].encode() for name in ("X1", "X2", "X3"))
    read = policy.parse(raw)
    assert read.judge({KEYS["X1"], KEYS["X3"]})
    assert not read.judge({KEYS["X1"], KEYS["X2"]})
    assert policy.format(read) == raw


def test_names_that_look_like_words_of_the_format_are_names() -> None:
    raw = f"witness any {W['X1']}\nwitness #2 {W['X2']}\ngroup 1 all any #2\nquorum 1\n".encode()
    assert policy.parse(raw).judge({KEYS["X1"], KEYS["X2"]})


def test_a_witness_may_be_told_apart_by_key_from_a_log_of_the_same_key() -> None:
    both = VerifierKey("both", COSIGNATURE_V1, LOG.public)
    assert policy.parse(f"log {L}\nwitness a {format_vkey(both)}\nquorum a\n".encode()).judge({both})


X1, X2 = f"witness X1 {W['X1']}", f"witness X2 {W['X2']}"
OTHER_NAME = format_vkey(VerifierKey("other", COSIGNATURE_V1, KEYS["X1"].public))
OF_NO_TYPE = format_vkey(VerifierKey("other", 0x05, bytes(40)))
PQ_KEY = VerifierKey("pq", ML_DSA_44, bytes(1312))
PQ = format_vkey(PQ_KEY)
OTHER_LOG = format_vkey(VerifierKey("other", ED25519, LOG.public))


@pytest.mark.parametrize(
    ("lines", "at", "reason"),
    [
        (["quorum"], 1, "expected `log"),
        (["quorum a b"], 1, "expected `log"),
        (["quorums none"], 1, "expected `log"),
        (["Quorum none"], 1, "expected `log"),
        (["quorum none # why"], 1, "expected `log"),
        (["quorum none", "quorum none"], 2, "one quorum line"),
        (["quorum X1", X1], 1, "earlier line, got 'X1'"),
        (["log"], 1, "expected `log"),
        ([f"log {L} url more"], 1, "expected `log"),
        (["log name+00000000+AQ=="], 1, "public key"),
        ([f"log {W['X1']}"], 1, "signature type 0x01 or 0x06, got 0x04"),
        ([f"log {L}", "", f"log {OTHER_LOG}"], 3, "key once"),
        ([f"log {OF_NO_TYPE}"], 1, "signature type 0x01 or 0x06, got 0x05"),
        ([X1, f"witness X2 {OF_NO_TYPE}"], 2, "signature type 0x04 or 0x06, got 0x05"),
        (["log name+00000000+Bg=="], 1, "1312 bytes"),
        ([f"witness a {PQ}", f"witness b {PQ}"], 2, "key once"),
        ([f"witness X1 {L}"], 1, "signature type 0x04 or 0x06, got 0x01"),
        (["witness X1"], 1, "expected `log"),
        ([f"{X1} url more"], 1, "expected `log"),
        ([X1, f"witness X1 {W['X2']}"], 2, "already defined"),
        ([X1, f"witness X9 {OTHER_NAME}"], 2, "key once"),
        ([f"witness none {W['X1']}"], 1, "already defined"),
        ([X1, "group none all X1"], 2, "already defined"),
        ([X1, "group X1 all X1"], 2, "already defined"),
        ([X1, X2, "group g all X1", "group g all X2"], 4, "already defined"),
        ([X1, "group g all"], 2, "expected `log"),
        ([X1, "group g 1"], 2, "expected `log"),
        ([X1, "group g all none"], 2, "earlier line, got 'none'"),
        ([X1, "group g all X2", X2], 2, "earlier line, got 'X2'"),
        ([X1, "group g all g"], 2, "earlier line, got 'g'"),
        ([X1, "group a all b", "group b all a"], 2, "earlier line, got 'b'"),
        ([X1, "group g all X1 X1"], 2, "one group once"),
        ([X1, X2, "group g all X1", "group h all X1 X2"], 4, "one group once"),
        ([X1, "group g 0 X1"], 2, "from 1 to 1"),
        ([X1, "group g 2 X1"], 2, "from 1 to 1"),
        ([X1, "group g 01 X1"], 2, "from 1 to 1"),
        ([X1, "group g +1 X1"], 2, "from 1 to 1"),
        ([X1, "group g most X1"], 2, "from 1 to 1"),
        ([X1, f"group g {'9' * 5000} X1"], 2, "from 1 to 1"),
        (["quorum none\r"], 1, "control character"),
        (["# bell \a"], 1, "control character"),
        (["# delete \x7f"], 1, "control character"),
        (["quorum\vnone"], 1, "control character"),
        (["quorum\u00a0none"], 1, "expected `log"),
    ],
)
def test_the_line_at_fault_is_named(lines: list[str], at: int, reason: str) -> None:
    with pytest.raises(NoteError, match=f"^policy line {at}: .*{reason}"):
        policy.parse("\n".join([*lines, "quorum none"]).encode())


def test_a_log_and_a_witness_may_have_a_key_that_outlasts_quantum_computers() -> None:
    raw = f"log {PQ}\nwitness pq {PQ}\nwitness X1 {W['X1']}\ngroup both 2 pq X1\nquorum both\n".encode()
    read = policy.parse(raw)
    assert read.logs_of("pq") == (Log(PQ_KEY),)
    assert read.judge({PQ_KEY, KEYS["X1"]})
    assert not read.judge({KEYS["X1"]})
    assert policy.format(read) == raw


@pytest.mark.parametrize("raw", [b"", b"\n", b"# nothing\n", X1.encode()])
def test_a_policy_needs_a_quorum(raw: bytes) -> None:
    with pytest.raises(NoteError, match="`quorum none` asks for no witness"):
        policy.parse(raw)


def test_a_policy_is_bounded() -> None:
    widest = b"quorum none".ljust(policy.MAX_POLICY_BYTES)
    assert policy.parse(widest).quorum == "none"
    with pytest.raises(NoteError, match="at most 1048576 bytes"):
        policy.parse(widest + b" ")


@pytest.mark.parametrize(
    "unwritable",
    [
        Policy((), (), (), "unknown"),
        Policy((), (), (), "two words"),
        Policy((), (Witness("two words", KEYS["X1"]),), (), "none"),
        Policy((), (Witness("", KEYS["X1"]),), (), "none"),
        Policy((Log(LOG, ""),), (), (), "none"),
        Policy((Log(LOG, "a b"),), (), (), "none"),
        Policy((Log(LOG, "a\nquorum none"),), (), (), "none"),
        Policy((), (Witness("\ud800", KEYS["X1"]),), (), "none"),
        Policy((), (Witness("a", KEYS["X1"]),), (Group("g", 2, ("a",)),), "g"),
        Policy((), (Witness("a", KEYS["X1"]),), (Group("g", 0, ("a",)),), "g"),
        Policy((), (Witness("a", KEYS["X1"]), Witness("b", KEYS["X1"])), (), "none"),
    ],
    ids=range(11),
)
def test_a_policy_that_would_read_differently_is_not_written(unwritable: Policy) -> None:
    with pytest.raises(NoteError, match="policy"):
        policy.format(unwritable)


def test_the_recommended_size_is_read() -> None:
    witnesses = [VerifierKey(f"w{number}", COSIGNATURE_V1, number.to_bytes(32, "big")) for number in range(64)]
    lines = [f"witness {key.name} {format_vkey(key)}" for key in witnesses]
    lines += ["group g0 any w0", *(f"group g{number} all g{number - 1} w{number}" for number in range(1, 64))]
    read = policy.parse("\n".join([*lines, "quorum g63", ""]).encode())
    assert read.judge(set(witnesses))
    assert not read.judge(set(witnesses[1:]))
