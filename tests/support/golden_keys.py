"""Logs in which keys follow each other: golden passports after rotations, and what both verifiers must judge alike."""

import hashlib
from collections.abc import Callable

from ledger.core import kinds, passport, policy
from ledger.core import note as notes
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.signing import NoteSigner, SigningKey
from tests.support.golden import FRIDGE, LOG, NURSE, ORIGIN, RED, SITE, TAG, Log, signer, story


def successor(name: str) -> NoteSigner:
    """The key that follows the one of this name, under the same name."""
    return NoteSigner(name, SigningKey(hashlib.sha256(f"{name} again".encode()).digest()))


NEW_LOG = successor(ORIGIN)


def named(by: NoteSigner) -> str:
    return fingerprint(notes.format_vkey(by.verifier))


def proofs(new: NoteSigner, old: NoteSigner) -> dict[str, object]:
    vkey = notes.format_vkey(new.verifier)
    return {
        "key": named(new),
        "vkey": vkey,
        "proof": prove_possession(new.key, origin=ORIGIN, vkey=vkey),
        "proof_by_old": prove_possession(old.key, origin=ORIGIN, vkey=vkey),
    }


def rotated(producer: str) -> tuple[type[kinds.Event], dict[str, object]]:
    old = signer(f"{SITE}/{producer}")
    fields = {"producer": producer, "replaces": named(old), **proofs(successor(old.name), old)}
    return kinds.KeyRotated, fields


def revoked(producer: str, **last_good: int) -> tuple[type[kinds.Event], dict[str, object]]:
    good = [kinds.LastGood(stream=stream.replace("_", "/"), seq=seq) for stream, seq in last_good.items()]
    return kinds.KeyRevoked, {"key": named(signer(f"{SITE}/{producer}")), "last_good": good, "reason": "rotated"}


def log_key_added(**changes: object) -> tuple[type[kinds.Event], dict[str, object]]:
    fields = {"use": "checkpoint", "beside": named(LOG), **proofs(NEW_LOG, LOG)}
    return kinds.LogKeyAdded, fields | changes


def retired(by: NoteSigner) -> tuple[type[kinds.Event], dict[str, object]]:
    return kinds.LogKeyRetired, {"key": named(by), "reason": "rotated"}


def overlap() -> Log:
    """The log's second key signs beside the first; the web key and a gateway's have been replaced."""
    log = story()
    log.seal("site", [log_key_added()], "site")
    log.log_signers = [LOG, NEW_LOG]
    log.seal("site", [rotated("web"), revoked("web", web=5)], "site")
    log.signers["web"] = successor(f"{SITE}/web")
    log.seal("web", [(kinds.Stored, {"unit": RED, "by": NURSE, "place": FRIDGE})], "web")
    log.seal("site", [rotated("gw-centre")], "site")
    arrived = {"tag": TAG, "device": "device:r1", "antenna": 1, "reads": 4, "place": FRIDGE}
    log.seal("gw-centre/1/c", [(kinds.TagArrived, arrived)], "gw-centre")  # sealed before the gateway changed over
    log.signers["gw-centre"] = successor(f"{SITE}/gw-centre")
    log.seal(
        "gw-centre/1/c",
        [(kinds.TagLeft, {"tag": TAG, "device": "device:r1", "reads": 9, "place": FRIDGE})],
        "gw-centre",
    )
    return log


def all_rotated() -> Log:
    """Every key of the site has been replaced, and the log's first key signs no longer."""
    log = overlap()
    last = log.batches[-3].text.last + 2  # the site stream's own: this batch is the old site key's last
    log.seal("site", [rotated("site"), revoked("site", site=last)], "site")
    log.signers["site"] = successor(f"{SITE}/site")
    log.seal("site", [retired(LOG)], "site")
    log.log_signers = [NEW_LOG]
    return log


SITE_HANDED_OVER = 11
"""The seq of `site` with which `all_rotated` ends the first site key: the revocation's own."""


def site_revoked_again() -> Log:
    """The first site key is revoked once more, and keeps what let the next one in."""
    return _and(all_rotated(), revoked("site", site=SITE_HANDED_OVER))


def site_revoked_below_its_follower() -> Log:
    """The first site key is revoked once more, from before it signed for the key that followed it."""
    return _and(all_rotated(), revoked("site", site=SITE_HANDED_OVER - 2))


def _revoked_beside_its_follower(last_good: int) -> Log:
    """The site's key is replaced and revoked in one batch, with this last good event."""
    log = _and(overlap(), rotated("site"), revoked("site", site=last_good))
    log.signers["site"] = successor(f"{SITE}/site")
    return log


def _signed_by(log: Log, *signers: NoteSigner) -> Log:
    log.log_signers = list(signers)
    return log


def _and(log: Log, *events: tuple[type[kinds.Event], dict[str, object]], by: str = "site") -> Log:
    log.seal("site", list(events), by)
    return log


def _late_words() -> Log:
    """The old web key goes on after the batch that ended it."""
    log = overlap()
    del log.signers["web"]
    log.seal("web", [(kinds.Stored, {"unit": RED, "by": NURSE, "place": FRIDGE})], "web")
    return log


def _reopened() -> Log:
    keys = {"log_key": notes.format_vkey(NEW_LOG.verifier), "receipt_key": notes.format_vkey(NEW_LOG.verifier)}
    return _and(story(), (kinds.SiteOpened, {"origin": ORIGIN, "mode": "demo", **keys}))


LOG_KEY_STORIES: dict[str, Callable[[], Log]] = {
    "log-keys-overlap": overlap,
    "log-keys-overlap-old-alone": lambda: _signed_by(overlap(), LOG),
    "log-keys-overlap-new-alone": lambda: _signed_by(overlap(), NEW_LOG),
    "log-keys-all-rotated": all_rotated,
    "log-keys-all-rotated-old-alone": lambda: _signed_by(all_rotated(), LOG),
    "log-keys-all-rotated-old-beside": lambda: _signed_by(all_rotated(), NEW_LOG, LOG),
    "log-keys-not-signed-by-the-old": lambda: _and(story(), log_key_added(proof_by_old="A" * 86 + "==")),
    "log-keys-not-possessed": lambda: _and(story(), log_key_added(proof="A" * 86 + "==")),
    "log-keys-beside-nobody": lambda: _and(story(), log_key_added(beside="key:" + "0" * 64)),
    "log-keys-under-another-fingerprint": lambda: _and(story(), log_key_added(key="key:" + "0" * 64)),
    "log-keys-for-another-use": lambda: _and(story(), log_key_added(use="receipt")),
    "log-keys-added-twice": lambda: _and(overlap(), log_key_added()),
    "log-keys-only-one-retired": lambda: _and(story(), retired(LOG)),
    "log-keys-retired-in-the-same-batch": lambda: _signed_by(_and(story(), log_key_added(), retired(LOG)), NEW_LOG),
    "log-keys-retired-twice": lambda: _and(all_rotated(), retired(LOG)),
    "log-keys-opened-twice": _reopened,
    "key-of-the-site-revoked-alone": lambda: _and(story(), revoked("site", site=99)),
    "key-revoked-and-widened": lambda: _and(story(), revoked("web", web=2), revoked("web", web=99)),
    "key-revoked-and-narrowed": lambda: _and(story(), revoked("web", web=99), revoked("web", web=2)),
    "key-rotated-after-revocation": lambda: _and(story(), revoked("web", web=99), rotated("web")),
    "key-of-the-site-revoked-again": site_revoked_again,
    "key-of-the-site-revoked-below-its-follower": site_revoked_below_its_follower,
    "key-of-the-site-revoked-below-its-own-word": lambda: _revoked_beside_its_follower(SITE_HANDED_OVER - 1),
    "key-of-the-site-revoked-with-its-own-word": lambda: _revoked_beside_its_follower(SITE_HANDED_OVER),
    "key-of-the-site-revoked-for-no-stream": lambda: _and(all_rotated(), revoked("site")),
    "key-added-again": lambda: _and(story(), revoked("web", web=99), _again("web")),
    "key-old-after-rotation": _late_words,
}
"""Name → a log whose passport both verifiers must judge alike."""


def _again(producer: str) -> tuple[type[kinds.Event], dict[str, object]]:
    """`key_added` once more, for a key that was revoked."""
    old = signer(f"{SITE}/{producer}")
    vkey = notes.format_vkey(old.verifier)
    proof = prove_possession(old.key, origin=ORIGIN, vkey=vkey)
    return kinds.KeyAdded, {"key": named(old), "vkey": vkey, "producer": producer, "proof": proof}


def both_keys_policy() -> bytes:
    """The policy of a verifier who knows the log's both keys."""
    logs = (policy.Log(LOG.verifier), policy.Log(NEW_LOG.verifier))
    return policy.format(policy.Policy(logs, (), (), policy.NO_QUORUM))


def key_files() -> dict[str, bytes]:
    """File name → bytes of the golden vectors."""
    return {
        "policy.txt": both_keys_policy(),
        "overlap.json": passport.format(overlap().passport(RED)),
        "all-rotated.json": passport.format(all_rotated().passport(RED)),
        "site-revoked-again.json": passport.format(site_revoked_again().passport(RED)),
        "site-revoked-below-its-follower.json": passport.format(site_revoked_below_its_follower().passport(RED)),
    }
