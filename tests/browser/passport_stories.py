"""Passports, good and odd, that the verifier in Python and the one in the page must judge alike.

Odd passports are sealed and signed by the right keys, so that the judgement reaches the step that is asked about.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ledger.core import checkpoint, kinds, passport, policy
from ledger.core import note as notes
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import ED25519, VerifierKey
from ledger.core.signing import Cosigner, NoteSigner, SigningKey, sign_note
from tests.support.golden import FOLDER, FRIDGE, LOG, NURSE, ORIGIN, RED, SITE, WHOLE, key_added, signer, story
from tests.support.golden_keys import LOG_KEY_STORIES
from tests.support.golden_map import MappedLog
from tests.support.mldsa import MlDsaCosigner

VECTORS = {path.stem: path.read_bytes() for path in sorted((FOLDER / "passport").glob("*.json"))}
"""Name → bytes of every golden passport."""

GOOD = VECTORS["good"]
POLICY = (FOLDER / "policy.txt").read_bytes()
_HEAD = '{"kind":"%s","v":1,"stream":"web","seq":6,"nonce":"' + "0" * 32 + '"%s}'
_TIMED = ',"time":"2026-03-02T08:20:00.000Z","clock":"simulated"'
_STORED = ("stored", f'{_TIMED},"place":"{FRIDGE}","unit":"{RED}"')

ODD_EVENTS = {
    "plain": _HEAD % _STORED,
    "kind-unknown": _HEAD % ("stored_twice", ""),
    "kind-of-every-object": _HEAD % ("constructor", ""),
    "field-of-every-object": _HEAD % (_STORED[0], _STORED[1] + ',"constructor":1'),
    "carried-over-by-the-web": _HEAD
    % (
        _STORED[0],
        _TIMED + f',"place":"{FRIDGE}","first_said":{{"origin":"{ORIGIN}","stream":"web","seq":1}},"unit":"{RED}"',
    ),
    "field-unknown": _HEAD % (_STORED[0], _STORED[1] + ',"more":[1,{"a":"b"}]'),
    "field-twice": _HEAD % (_STORED[0], _STORED[1] + _TIMED),
    "field-missing": _HEAD % ("stored", f'{_TIMED},"place":"{FRIDGE}"'),
    "number-like-names": _HEAD % ("odd", ',"b":1,"1":2,"__proto__":3'),
    "float": _HEAD % ("odd", ',"x":1.5'),
    "exponent": _HEAD % ("odd", ',"x":1e3'),
    "minus-zero": _HEAD % ("odd", ',"x":-0'),
    "null": _HEAD % (_STORED[0], _STORED[1] + ',"by":null'),
    "true": _HEAD % ("odd", ',"x":true'),
    "53-bits": _HEAD % ("odd", ',"x":[9007199254740991,-9007199254740991]'),
    "54-bits": _HEAD % ("odd", ',"x":9007199254740992'),
    "32-deep": _HEAD % ("odd", ',"x":' + "[" * 31 + "]" * 31),
    "33-deep": _HEAD % ("odd", ',"x":' + "[" * 32 + "]" * 32),
    "escapes": _HEAD % ("odd", ',"x":"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\x7f\u2028\U0001f9ea"'),
    "long-escape": _HEAD % ("odd", ',"x":"\\u0009"'),
    "upper-case-escape": _HEAD % ("odd", ',"x":"\\u001F"'),
    "escaped-slash": _HEAD % ("odd", ',"x":"\\/"'),
    "escaped-letter": _HEAD % ("odd", ',"x":"\\u0041"'),
    "surrogate": _HEAD % ("odd", ',"x":"\\ud800"'),
    "white-space": _HEAD % ("odd", ', "x":1'),
    "trailing-comma": _HEAD % ("odd", ',"x":[1,]'),
    "byte-order-mark": "\ufeff" + _HEAD % ("odd", ""),
    "a-list": "[]",
    "nothing": "",
    "another-seq": (_HEAD % _STORED).replace('"seq":6', '"seq":7'),
    "another-stream": (_HEAD % _STORED).replace('"web"', '"site"'),
    "another-version": (_HEAD % _STORED).replace('"v":1', '"v":2'),
    "fields-in-another-order": f'{{"unit":"{RED}",' + (_HEAD % ("stored", _TIMED))[1:],
    "default-spelt-out": _HEAD % ("collected", f'{_TIMED},"unit":"{WHOLE}","donor":"{NURSE}","lots":[]'),
    "of-a-gateway": _HEAD % ("tag_left", f'{_TIMED},"tag":"tag:E280A99900000001","device":"device:r1","reads":1'),
    "of-another-unit": _HEAD % ("stored", f'{_TIMED},"unit":"unit:A999926000009.A0002V00"'),
    "no-such-day": _HEAD % (_STORED[0], _STORED[1].replace("2026-03-02", "2026-02-30")),
    "made-on-no-such-day": _HEAD
    % ("split", f'{_TIMED.replace("03-02", "02-30")},"parents":["{RED}"],"children":[{{"unit":"{RED}"}}]'),
    "digits-of-another-script": _HEAD % (_STORED[0], _STORED[1].replace(":20:", ":٢٠:")),
    "reason-of-400": _HEAD % ("quarantined", f'{_TIMED},"unit":"{RED}","reason":"{"🧪" * 400}"'),
    "reason-of-401": _HEAD % ("quarantined", f'{_TIMED},"unit":"{RED}","reason":"{"血" * 401}"'),
    "4096-bytes": "",
    "4097-bytes": "",
}
"""Name → the text of the event that the web stream says next."""
for _size in (4096, 4097):
    _bare = len(_HEAD % ("odd", ',"x":""'))
    ODD_EVENTS[f"{_size}-bytes"] = _HEAD % ("odd", f',"x":"{"y" * (_size - _bare)}"')


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """The good passport with one byte, or a few, changed, dropped, doubled or swapped."""
    chance = random.Random(seed)  # noqa: S311  to be repeated, not to be secret
    for number in range(count):
        raw = bytearray(GOOD)
        at = chance.randrange(len(raw))
        match chance.choice(("change", "drop", "insert", "digit", "swap")):
            case "change":
                raw[at] = chance.randrange(256)
            case "drop":
                del raw[at : at + chance.randint(1, 4)]
            case "insert":
                raw.insert(at, chance.choice(b' "\\09aZ=\n\xff'))
            case "digit":
                digits = [place for place, byte in enumerate(raw) if chr(byte).isdigit()]
                raw[chance.choice(digits)] = chance.choice(b"0123456789")
            case _:
                other = chance.randrange(len(raw))
                raw[at], raw[other] = raw[other], raw[at]
        yield f"mutation-{seed}-{number}", bytes(raw)


def odd_passports() -> Iterator[tuple[str, bytes]]:
    """One log with one odd event each."""
    for name, text in ODD_EVENTS.items():
        log = story()
        log.seal_bodies("web", [text.encode()], "web")
        yield f"event-{name}", passport.format(log.passport(RED))


def odd_maps() -> Iterator[tuple[str, bytes]]:
    """The complete passport with its map spelt in odd ways; and a map over events that nobody understands."""
    whole = json.loads(VECTORS["good_complete"])
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "absent-empty": lambda carried: carried["entries"][0].update(absent=[]),
        "no-entries": lambda carried: carried.update(entries=[]),
        "no-buckets": lambda carried: carried.update(buckets=[]),
        "no-positions": lambda carried: carried["buckets"][0].update(positions=[]),
        "bucket-out-of-range": lambda carried: carried["buckets"][0].update(bucket=65_536),
        "negative-count": lambda carried: carried["entries"][0].update(count=-1),
        "field-unknown": lambda carried: carried.update(more=1),
        "field-missing": lambda carried: carried.pop("proof"),
        "buckets-in-another-order": lambda carried: (carried["buckets"].reverse(), carried["entries"].reverse()),
        "entries-in-another-order": lambda carried: carried["entries"].reverse(),
        "entry-twice": lambda carried: carried["entries"].append(carried["entries"][0]),
        "bucket-twice": lambda carried: carried["buckets"].append(carried["buckets"][0]),
        "position-beyond": lambda carried: carried["buckets"][0].update(positions=[7]),
        "size-nothing": lambda carried: carried["buckets"][0].update(size=0),
        "hash-missing": lambda carried: carried["proof"].pop(),
        "hash-of-31-bytes": lambda carried: carried["proof"].__setitem__(0, "A" * 42 + "=="),
        "head-no-hash": lambda carried: carried["entries"][0].update(head="!"),
        "cosignatures-no-lines": lambda carried: carried.update(cosignatures="x"),
        "cosignatures-blank": lambda carried: carried.update(cosignatures="\n"),
        "cosignatures-twice": lambda carried: carried.update(cosignatures=carried["cosignatures"] * 2),
        "cosignatures-unended": lambda carried: carried.update(cosignatures=carried["cosignatures"][:-1]),
    }
    for name, change in changes.items():
        odd = json.loads(json.dumps(whole))
        change(odd["map"])
        yield f"map-{name}", (json.dumps(odd, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    for name in ("kind-unknown", "field-unknown", "number-like-names", "plain", "of-another-unit"):
        told = MappedLog(
            odd=ODD_EVENTS[name].replace('"seq":6', '"seq":7').replace('"kind":"odd"', f'"kind":"odd","of":"{RED}"')
        )
        yield f"map-over-{name}", told.passport()


def key_stories() -> Iterator[tuple[str, bytes]]:
    """Logs in which keys come and go."""
    good = {"stream": "gw-centre/1/c", "seq": 1}
    for name, last_good in (("revoked", []), ("revoked-later", [good, {"stream": "gw-centre/1/t", "seq": 1}])):
        log = story()
        fields = {"key": _fingerprint("gw-centre"), "last_good": last_good, "reason": "lost"}
        log.seal("site", [(kinds.KeyRevoked, fields)], "site")
        yield f"key-{name}", passport.format(log.passport(RED))
    for name, change in _KEY_CHANGES.items():
        log = story()
        kind, fields = _rotated() if name.startswith("rotated") else key_added("gw-2")
        log.seal("site", [(kind, fields | change)], "site")
        yield f"key-{name}", passport.format(log.passport(RED))
    log = story()
    log.seal("site", [(kinds.KeyRevoked, {"key": "key:" + "0" * 64, "last_good": [], "reason": "x"})], "site")
    yield "key-revoked-unknown", passport.format(log.passport(RED))
    for name, tell in LOG_KEY_STORIES.items():
        yield name, passport.format(tell().passport(RED))


_KEY_CHANGES: dict[str, dict[str, object]] = {
    "added": {},
    "added-without-possession": {"proof": "A" * 86 + "=="},
    "added-with-odd-base64": {"proof": "A" * 85 + "B=="},
    "added-under-another-fingerprint": {"key": "key:" + "0" * 64},
    "added-for-the-web": {"producer": "web"},
    "added-under-a-reserved-name": {"producer": "receipt"},
    "added-for-another": {"producer": "gw-centre"},
    "rotated": {},
    "rotated-without-the-old-key": {"proof_by_old": "A" * 86 + "=="},
    "rotated-of-nobody": {"replaces": "key:" + "0" * 64},
    "rotated-of-another-producer": {"producer": "gw-2"},
}


def _fingerprint(producer: str) -> str:
    return fingerprint(notes.format_vkey(signer(f"{SITE}/{producer}").verifier))


def _rotated() -> tuple[type[kinds.Event], dict[str, object]]:
    new = SigningKey(bytes(range(32)))
    vkey = notes.format_vkey(VerifierKey(f"{SITE}/gw-centre", ED25519, new.public))
    fields: dict[str, object] = {
        "key": fingerprint(vkey),
        "vkey": vkey,
        "producer": "gw-centre",
        "replaces": _fingerprint("gw-centre"),
        "proof": prove_possession(new, origin=ORIGIN, vkey=vkey),
        "proof_by_old": prove_possession(signer(f"{SITE}/gw-centre").key, origin=ORIGIN, vkey=vkey),
    }
    return kinds.KeyRotated, fields


def reshaped() -> Iterator[tuple[str, bytes]]:
    """The good passport with one part put in another shape, and statements that do not fit what is carried."""
    for name, change in _RESHAPINGS.items():
        fields = json.loads(GOOD)
        change(fields)
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        yield f"reshaped-{name}", text.encode() + (b"" if name == "no-newline" else b"\n")
    for name, change in _STATEMENTS.items():
        log = story()
        last = json.loads(log.batches[-1].bodies[0])
        said = {key: last[key] for key in last if key not in {"v", "kind", "stream", "seq", "nonce", "time", "clock"}}
        log.seal("site", [(kinds.ExposureStated, said | change)], "site")
        yield f"statement-{name}", passport.format(log.passport(RED))
    for name, rest in _LATER.items():
        yield f"later-version-{name}", b'{"format":"xuemai/passport/v2"' + rest
    unstated = {index: range(len(sealed.bodies)) for index, sealed in enumerate(story().batches[:-1])}
    yield "statement-absent", passport.format(story().passport(RED, unstated))


_LATER = {
    "alone": b"}",
    "not-utf-8": b',"x":"\xff"}\n',
    "half-a-pair": b',"x":"\\ud800"}\n',
    "very-deep": b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}\n",
    "cut-short": b',"x":',
    "parted": b' ,"x":1}\n',
}


def _to(place: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Put a value at a place such as `batches.3.proof`."""
    *way, last = (int(step) if step.isdigit() else step for step in place.split("."))

    def change(fields: Any) -> None:
        for step in way:
            fields = fields[step]
        fields[last] = value(fields[last]) if callable(value) else value

    return change


def _of_size(size: int, text: str) -> str:
    """A checkpoint that the log signed for another size."""
    return sign_note(text.partition("\n\n")[0].replace("\n8\n", f"\n{size}\n", 1) + "\n", [LOG]).decode()


_HASH = base64.b64encode(bytes(32)).decode()
_RESHAPINGS: dict[str, Callable[[dict[str, Any]], None]] = {
    "same": lambda _: None,
    "no-newline": lambda _: None,
    "extra-log-hash": _to("proof", lambda proof: [*proof, _HASH]),
    "extra-event-hash": _to("batches.3.proof", lambda proof: [*proof, _HASH]),
    "log-hash-of-31-bytes": _to("proof", [base64.b64encode(bytes(31)).decode()]),
    "log-hash-not-canonical": _to("proof", [_HASH.replace("A=", "B=")]),
    "index-beyond": _to("batches.7.index", 8),
    "index-twice": _to("batches.7.index", 6),
    "index-negative": _to("batches.0.index", -1),
    "index-of-53-bits": _to("batches.7.index", 2**53 - 1),
    "position-beyond": _to("batches.3.positions", [0, 2]),
    "position-twice": _to("batches.3.positions", [0, 0]),
    "positions-falling": _to("batches.3.positions", [1, 0]),
    "positions-none": _to("batches.3.positions", []),
    "positions-too-few": _to("batches.3.positions", [0]),
    "events-too-few": _to("batches.3.events", lambda events: events[:1]),
    "batches-none": _to("batches", []),
    "batches-an-object": _to("batches", {}),
    "fields-turned": lambda fields: fields.update(proof=fields.pop("proof"), format=fields.pop("format")),
    "field-missing": lambda fields: fields.pop("log_key"),
    "subject-a-donation": _to("subject", "din:A999926000001"),
    "subject-with-a-newline": _to("subject", RED + "\n"),
    "format-of-another-product": _to("format", "another/passport/v1"),
    "format-a-number": _to("format", 1),
    "format-of-a-later-version": _to("format", "xuemai/passport/v10"),
    "format-of-no-version": _to("format", "xuemai/passport/v"),
    "format-with-a-newline": _to("format", "xuemai/passport/v2\n"),
    "log-key-without-parts": _to("log_key", "a key"),
    "log-key-with-another-id": _to("log_key", lambda key: key.replace("+", "+0", 1)),
    "log-key-of-another-name": _to("log_key", notes.format_vkey(signer("other.example/log").verifier)),
    "log-key-under-the-same-name": _to(
        "log_key", notes.format_vkey(NoteSigner(ORIGIN, SigningKey(bytes(32))).verifier)
    ),
    "checkpoint-without-signature": _to("checkpoint", lambda text: text.partition("\n\n")[0] + "\n"),
    "checkpoint-signed-twice": _to("checkpoint", lambda text: text + text.split("\n")[-2] + "\n"),
    "checkpoint-with-a-tab": _to("checkpoint", lambda text: text.replace("\n", "\t\n", 1)),
    "checkpoint-of-odd-size": _to("checkpoint", lambda text: text.replace("\n8\n", "\n08\n", 1)),
    "checkpoint-of-the-largest-size": _to("checkpoint", lambda text: _of_size(2**64 - 1, text)),
    "checkpoint-larger-than-any": _to("checkpoint", lambda text: _of_size(2**64, text)),
    "note-without-signature": _to("batches.2.note", lambda text: text.partition("\n\n")[0] + "\n"),
    "note-signed-twice": _to("batches.2.note", lambda text: text + text.split("\n")[-2] + "\n"),
    "note-of-another-stream": _to("batches.2.note", lambda text: text.replace("\nweb\n", "\nnobody\n", 1)),
    "note-of-no-such-day": _to("batches.2.note", lambda text: text.replace("2026-03-02T", "2026-02-29T", 1)),
    "note-with-an-odd-name": _to("batches.2.note", lambda text: text.replace("\u2014 ", "\u2014 \u3000", 1)),
    "note-with-an-odd-hash": _to("batches.2.note", lambda text: text.replace("=\n", "\xb2\n", 1)),
}
_STATEMENTS: dict[str, dict[str, object]] = {
    "again": {},
    "of-more-segments": {"segments": 2},
    "of-other-segments": {"segments_root": _HASH},
    "of-a-larger-log": {"as_of_size": 10},
    "of-another-unit": {"unit": WHOLE},
    "with-times": {"since": "2026-03-02T00:00:00.000Z", "until": "2026-03-02T08:00:00.000Z", "verdict": "out"},
}


def witnessed() -> bytes:
    """The good passport, its checkpoint cosigned by the first two of `WITNESSES`, one twice, and with ML-DSA."""
    log = story()
    made = log.passport(RED)
    note = notes.parse(made.checkpoint)
    head = checkpoint.parse(note.text)
    lines = tuple(each.cosign(head, 1_772_409_600) for each in WITNESSES[:2])
    again = WITNESSES[1].cosign(head, 1_772_409_601)
    later = MlDsaCosigner("pq.example", bytes([1] * 32)).line(made.checkpoint.encode(), 1_772_409_600)
    cosigned = notes.format(notes.Note(note.text, (*note.signatures, *lines, again, later))).decode()
    fields = {name: getattr(made, name) for name in made.__struct_fields__}
    return passport.format(passport.Passport(**(fields | {"checkpoint": cosigned})))


WITNESSES = tuple(Cosigner(f"w{n}.example", SigningKey(bytes([n] * 32))) for n in (1, 2, 3))
_LOG_LINE = f"log {notes.format_vkey(LOG.verifier)}\n"
_OTHER_LOG = f"log {notes.format_vkey(NoteSigner('other.example/log', SigningKey(bytes(32))).verifier)}\n"
_IMPOSTOR = f"log {notes.format_vkey(NoteSigner(ORIGIN, SigningKey(bytes(32))).verifier)}\n"
_WITNESS_LINES = "".join(f"witness w{n} {notes.format_vkey(each.verifier)}\n" for n, each in enumerate(WITNESSES, 1))
_PQ_LOG = f"log {notes.format_vkey(MlDsaCosigner(ORIGIN, bytes(32)).verifier)}\n"
_PQ_WITNESS = f"witness pq {notes.format_vkey(MlDsaCosigner('pq.example', bytes([1] * 32)).verifier)}\n"
_CT_LOG = f"log {notes.format_vkey(notes.VerifierKey(ORIGIN, 0x05, bytes(32)))}\n"
POLICIES = {
    "log-alone": POLICY,
    "no-log": b"quorum none\n",
    "another-log": f"{_OTHER_LOG}quorum none\n".encode(),
    "same-name-another-key": f"{_IMPOSTOR}quorum none\n".encode(),
    "two-of-three": f"# kept by us\n{_LOG_LINE}{_WITNESS_LINES}group all 2 w1 w2 w3\nquorum all\n".encode(),
    "all-of-three": f"{_LOG_LINE}{_WITNESS_LINES}group g all w1 w2 w3\nquorum g\n".encode(),
    "any-of-groups": f"{_LOG_LINE}{_WITNESS_LINES}group a any w3\ngroup b any w1 a\nquorum b".encode(),
    "third": f"{_LOG_LINE}{_WITNESS_LINES}quorum w3\n".encode(),
    "tabs-and-addresses": f"{_LOG_LINE.strip()}\thttps://log.example/\n\n  quorum\tnone\n".encode(),
    "no-quorum": _LOG_LINE.encode(),
    "two-quorums": f"{_LOG_LINE}quorum none\nquorum none\n".encode(),
    "carriage-returns": f"{_LOG_LINE}quorum none\n".replace("\n", "\r\n").encode(),
    "a-word-of-every-object": f"{_LOG_LINE}{_WITNESS_LINES}group g toString w1\nquorum g\n".encode(),
    "undefined-member": f"{_LOG_LINE}group g any w1\nquorum g\n".encode(),
    "name-twice": f"{_LOG_LINE}{_WITNESS_LINES}group w1 any w2\nquorum w1\n".encode(),
    "member-twice": f"{_LOG_LINE}{_WITNESS_LINES}group g 1 w1 w1\nquorum g\n".encode(),
    "log-as-witness": f"witness w {notes.format_vkey(LOG.verifier)}\nquorum w\n".encode(),
    "bytes-that-are-no-text": _LOG_LINE.encode() + _WITNESS_LINES.encode() + b"group \xff any w1\nquorum \xff\n",
    "key-that-is-no-text": b"log \xff+00000000+AA==\nquorum none\n",
    "ml-dsa-log-alone": f"{_PQ_LOG}quorum none\n".encode(),
    "ml-dsa-log-beside": f"{_PQ_LOG}{_LOG_LINE}quorum none\n".encode(),
    "ml-dsa-witness-alone": f"{_LOG_LINE}{_PQ_WITNESS}quorum pq\n".encode(),
    "ml-dsa-witness-that-is-not-asked-for": f"{_LOG_LINE}{_PQ_WITNESS}quorum none\n".encode(),
    "ml-dsa-witness-beside": f"{_LOG_LINE}{_WITNESS_LINES}{_PQ_WITNESS}group g any w1 pq\nquorum g\n".encode(),
    "ml-dsa-witness-too": f"{_LOG_LINE}{_WITNESS_LINES}{_PQ_WITNESS}group g all w1 pq\nquorum g\n".encode(),
    "ml-dsa-key-too-short": f"{_LOG_LINE}witness pq pq+00000000+BgA=\nquorum none\n".encode(),
    "tree-head-log": f"{_CT_LOG}quorum none\n".encode(),
    "empty": b"",
}
"""Name → bytes of policies, right and wrong."""


def is_a_policy(raw: bytes) -> policy.Policy | None:
    """The policy, or None where it is none."""
    try:
        return policy.parse(raw)
    except notes.NoteError:
        return None


def written(folder: Path, name: str, page: bytes) -> str:
    """A page on disk, and its address."""
    file = folder / f"{name}.html"
    file.write_bytes(page)
    return file.as_uri()
