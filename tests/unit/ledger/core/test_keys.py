"""Which key may speak where: by log index, never by time."""

from ledger.core import keys, kinds
from ledger.core import note as notes
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.keys import KeyState, KnownKey
from ledger.core.note import ED25519, VerifierKey
from tests.support.golden import ORIGIN, SITE, key_added, signer

GATEWAY = "gw-centre"
STREAM = "gw-centre/1/c"
COMMON = {
    "v": 1,
    "stream": "site",
    "seq": 1,
    "nonce": "0" * 32,
    "time": "2026-03-02T00:00:00.000Z",
    "clock": "simulated",
}


def made(kind: type[kinds.Event], index: int, **fields: object) -> Recorded:
    return Recorded(kind(**(COMMON | fields)), index, 0)  # type: ignore[arg-type]


def added(producer: str, index: int, **changes: object) -> Recorded:
    kind, fields = key_added(producer)
    return made(kind, index, **(fields | changes))


def folded(*events: Recorded) -> KeyState:
    state = keys.fold_keys(events, origin=ORIGIN)
    assert isinstance(state, KeyState)
    return state


def refused(*events: Recorded) -> Refused:
    answer = keys.fold_keys(events, origin=ORIGIN)
    assert isinstance(answer, Refused)
    assert answer.step == "keys"
    return answer


def known(state: KeyState, producer: str = GATEWAY) -> KnownKey:
    line = signer(f"{SITE}/{producer}").verifier
    found = state.find(name=line.name, key_id=line.key_id)
    assert found is not None
    return found


def test_a_key_holds_from_the_index_after_it_was_added() -> None:
    state = folded(added(GATEWAY, 5))
    assert state.judge(known(state), stream=STREAM, last_seq=1, log_index=6) is None
    assert state.judge(known(state), stream=STREAM, last_seq=1, log_index=5) is not None


def test_only_the_site_key_may_sign_the_batch_that_adds_it_and_only_at_the_very_start() -> None:
    state = folded(added("site", 0), added("web", 0))
    assert state.judge(known(state, "site"), stream="site", last_seq=3, log_index=0) is None
    assert state.judge(known(state, "web"), stream="web", last_seq=1, log_index=0) is not None


def test_a_key_speaks_for_its_own_producer_alone() -> None:
    state = folded(added(GATEWAY, 1))
    for stream in ("web", "site", "gw-other/1/c"):
        assert state.judge(known(state), stream=stream, last_seq=1, log_index=9) is not None


def test_a_revocation_keeps_what_was_good_and_nothing_after() -> None:
    kind, fields = key_added(GATEWAY)
    last_good = [kinds.LastGood(stream=STREAM, seq=40)]
    state = folded(
        added(GATEWAY, 1), made(kinds.KeyRevoked, 9, key=fields["key"], last_good=last_good, reason="stolen")
    )
    assert kind is kinds.KeyAdded
    assert state.judge(known(state), stream=STREAM, last_seq=40, log_index=3) is None
    assert state.judge(known(state), stream=STREAM, last_seq=41, log_index=4) is not None
    assert state.judge(known(state), stream="gw-centre/1/t", last_seq=1, log_index=2) is not None


def test_a_key_without_possession_or_under_another_fingerprint_is_refused() -> None:
    other = keys.prove_possession(signer("someone").key, origin=ORIGIN, vkey=str(key_added(GATEWAY)[1]["vkey"]))
    assert "verify" in refused(added(GATEWAY, 1, proof=other)).reason
    assert "fingerprint" in refused(added(GATEWAY, 1, key="key:" + "0" * 64)).reason


def test_a_proof_for_another_log_is_none() -> None:
    _, fields = key_added(GATEWAY)
    answer = keys.check_possession(origin=f"{SITE}/ledger/2", vkey=str(fields["vkey"]), proof=str(fields["proof"]))
    assert isinstance(answer, Refused)
    assert isinstance(keys.check_possession(origin=ORIGIN, vkey="nonsense", proof=""), Refused)


def test_a_rotation_needs_both_keys() -> None:
    new = signer("new key")
    vkey = notes.format_vkey(VerifierKey(f"{SITE}/{GATEWAY}", ED25519, new.key.public))
    old = signer(f"{SITE}/{GATEWAY}")
    fields: dict[str, object] = {
        "key": keys.fingerprint(vkey),
        "vkey": vkey,
        "producer": GATEWAY,
        "replaces": key_added(GATEWAY)[1]["key"],
        "proof": keys.prove_possession(new.key, origin=ORIGIN, vkey=vkey),
        "proof_by_old": keys.prove_possession(old.key, origin=ORIGIN, vkey=vkey),
    }
    assert len(folded(added(GATEWAY, 1), made(kinds.KeyRotated, 2, **fields)).known) == 2
    assert refused(added(GATEWAY, 1), made(kinds.KeyRotated, 2, **(fields | {"proof_by_old": fields["proof"]})))
    assert refused(made(kinds.KeyRotated, 2, **fields))
    assert refused(added(GATEWAY, 1), made(kinds.KeyRotated, 2, **(fields | {"proof_by_old": "A" * 85 + "B=="})))


def test_an_unknown_key_cannot_be_revoked() -> None:
    assert refused(made(kinds.KeyRevoked, 1, key="key:" + "0" * 64, last_good=[], reason="lost"))


def rotated(producer: str, index: int, *, seed: str = "new key", **changes: object) -> Recorded:
    new, old = signer(seed), signer(f"{SITE}/{producer}")
    vkey = notes.format_vkey(VerifierKey(old.name, ED25519, new.key.public))
    fields: dict[str, object] = {
        "key": keys.fingerprint(vkey),
        "vkey": vkey,
        "producer": producer,
        "replaces": key_added(producer)[1]["key"],
        "proof": keys.prove_possession(new.key, origin=ORIGIN, vkey=vkey),
        "proof_by_old": keys.prove_possession(old.key, origin=ORIGIN, vkey=vkey),
    }
    return made(kinds.KeyRotated, index, **(fields | changes))


def revoked(producer: str, index: int, *, seq: int = 1, **last_good: int) -> Recorded:
    good = [kinds.LastGood(stream=stream.replace("_", "/"), seq=seq) for stream, seq in last_good.items()]
    key = key_added(producer)[1]["key"]
    return made(kinds.KeyRevoked, index, seq=seq, key=key, last_good=good, reason="lost")


def named_otherwise(name: str, *, algorithm: int = ED25519) -> dict[str, object]:
    """The gateway's key under another name, with everything else as it should be."""
    key = signer(f"{SITE}/{GATEWAY}").key
    vkey = notes.format_vkey(VerifierKey(name, algorithm, key.public))
    proof = keys.prove_possession(key, origin=ORIGIN, vkey=vkey)
    return {"key": keys.fingerprint(vkey), "vkey": vkey, "proof": proof}


def test_a_key_is_named_after_its_site_and_its_producer() -> None:
    for name in (f"{SITE}/gw-other", "other.example/gw-centre", GATEWAY):
        assert "named after" in refused(added(GATEWAY, 1, **named_otherwise(name))).reason
    assert "named after" in refused(added("receipt", 1)).reason


def test_a_key_of_another_signature_type_cannot_sign_batches() -> None:
    changed = named_otherwise(f"{SITE}/{GATEWAY}", algorithm=notes.COSIGNATURE_V1)
    assert "0x01" in refused(added(GATEWAY, 1, **changed)).reason


def test_one_key_is_not_used_for_two_gateways() -> None:
    key = signer(f"{SITE}/{GATEWAY}").key
    vkey = notes.format_vkey(VerifierKey(f"{SITE}/gw-other", ED25519, key.public))
    proof = keys.prove_possession(key, origin=ORIGIN, vkey=vkey)
    other = made(kinds.KeyAdded, 2, key=keys.fingerprint(vkey), vkey=vkey, producer="gw-other", proof=proof)
    assert "known already" in refused(added(GATEWAY, 1), other).reason


def test_a_revoked_key_does_not_come_back() -> None:
    assert "known already" in refused(added(GATEWAY, 1), revoked(GATEWAY, 2), added(GATEWAY, 3)).reason


def test_a_second_revocation_only_takes_more_away() -> None:
    widened = folded(added(GATEWAY, 1), revoked(GATEWAY, 2, **{STREAM: 5}), revoked(GATEWAY, 3, **{STREAM: 50}))
    assert known(widened).last_good == {STREAM: 5}
    narrowed = folded(added(GATEWAY, 1), revoked(GATEWAY, 2, **{STREAM: 50}), revoked(GATEWAY, 3, **{STREAM: 5}))
    assert known(narrowed).last_good == {STREAM: 5}
    assert known(folded(added(GATEWAY, 1), revoked(GATEWAY, 2), revoked(GATEWAY, 3, **{STREAM: 9}))).last_good == {
        STREAM: 0
    }


def test_after_a_rotation_both_keys_hold_until_the_old_one_is_revoked() -> None:
    state = folded(added(GATEWAY, 1), rotated(GATEWAY, 5))
    new = state.find(
        name=f"{SITE}/{GATEWAY}", key_id=VerifierKey(f"{SITE}/{GATEWAY}", ED25519, signer("new key").key.public).key_id
    )
    assert new is not None
    assert state.judge(known(state), stream=STREAM, last_seq=7, log_index=9) is None
    assert state.judge(new, stream=STREAM, last_seq=8, log_index=9) is None
    assert state.judge(new, stream=STREAM, last_seq=8, log_index=5) is not None
    assert state.holding(GATEWAY) == [key_added(GATEWAY)[1]["key"], keys.fingerprint(notes.format_vkey(new.key))]


def test_a_revoked_key_cannot_name_its_successor() -> None:
    assert "was revoked" in refused(added(GATEWAY, 1), revoked(GATEWAY, 2, **{STREAM: 9}), rotated(GATEWAY, 3)).reason


def test_the_sites_own_keys_are_rotated_not_added() -> None:
    for producer in ("site", "web"):
        assert "rotated, not added" in refused(added("site", 0), added("web", 0), added_again(producer)).reason


def added_again(producer: str) -> Recorded:
    new = signer(f"another {producer}")
    vkey = notes.format_vkey(VerifierKey(f"{SITE}/{producer}", ED25519, new.key.public))
    proof = keys.prove_possession(new.key, origin=ORIGIN, vkey=vkey)
    return made(kinds.KeyAdded, 4, key=keys.fingerprint(vkey), vkey=vkey, producer=producer, proof=proof)


def test_a_lost_web_key_is_revoked_and_then_a_new_one_added() -> None:
    state = folded(added("site", 0), added("web", 0), revoked("web", 3, web=7), added_again("web"))
    assert len(state.holding("web")) == 1


def test_the_sites_only_key_cannot_be_revoked() -> None:
    assert "only key" in refused(added("site", 0), revoked("site", 3, site=4)).reason
    assert folded(added("site", 0), rotated("site", 3), revoked("site", 3, site=4)).holding("site")


def test_a_revocation_leaves_standing_what_added_the_sites_next_key() -> None:
    begun = (added("site", 0), rotated("site", 3, seq=8))
    assert "is 8 or later" in refused(*begun, revoked("site", 5, site=7)).reason
    assert "is 8 or later" in refused(*begun, revoked("site", 5)).reason
    assert known(folded(*begun, revoked("site", 5, site=8)), "site").last_good == {"site": 8}
    again = (*begun, revoked("site", 5, site=40))
    assert "is 8 or later" in refused(*again, revoked("site", 6, site=7)).reason
    assert known(folded(*again, revoked("site", 6, site=8)), "site").last_good == {"site": 8}


def test_a_revocation_beside_the_rotation_stays_itself() -> None:
    begun = (added("site", 0), rotated("site", 3, seq=8))
    assert "is 9 or later" in refused(*begun, revoked("site", 3, seq=9, site=8)).reason
    ended = (*begun, revoked("site", 3, seq=9, site=9))
    assert known(folded(*ended), "site").last_good == {"site": 9}
    assert "is 9 or later" in refused(*ended, revoked("site", 4, site=8)).reason


def test_a_lost_web_key_keeps_nothing_for_the_key_that_follows_it() -> None:
    state = folded(added("site", 0), added("web", 0), rotated("web", 3, seq=8), revoked("web", 5, web=2))
    assert known(state, "web").last_good == {"web": 2}


def test_a_refused_event_changes_nothing() -> None:
    state = folded(added(GATEWAY, 1))
    before = state.copy()
    assert keys.apply_key_event(state, added(GATEWAY, 2), origin=ORIGIN) is not None
    assert keys.apply_key_event(state, rotated(GATEWAY, 2, proof_by_old="A" * 86 + "=="), origin=ORIGIN) is not None
    assert state == before
