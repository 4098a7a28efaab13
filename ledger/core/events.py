"""Events as bytes: made once, judged once, never re-encoded.

An event's bytes are canonical JSON: what decoding and encoding again gives back, byte for byte. That leaves one
spelling of each fact, and no room for white space, duplicate keys or odd escapes (docs/format.md §2).

This module decides what is an event at all (the envelope: anything else refuses the whole batch) and what is an event
that this version understands (a defect: kept and flagged, it blocks nothing). The kinds are in `ledger.core.kinds`.
"""

from collections.abc import Sequence
from enum import Enum
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Literal, Union, get_args

import msgspec

from ledger.core import kinds
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import NAME_PATTERN, Device, Place, Tag
from ledger.core.kinds import AnyEvent
from ledger.core.merkle import leaf_hash
from ledger.core.spelling import Known, are_hex, are_instants, exact

MAX_EVENT_BYTES = 4 * 1024
CARRIED_OVER_BYTES = 512
"""So much more an event may have that says where it was first said, so that every event can be carried over."""
_CARRIED_OVER = b'"first_said":{'
MAX_SEGMENT_BYTES = 32 * 1024
MAX_DEFECT = 1000
"""Characters of what is said of a defect."""
MAX_DEPTH = 32
"""How deep an event's lists and objects may stand in each other, so that no verifier's stack decides."""
_BEGINNING = b'{"kind":"'
"""How an event begins, but for those that nobody understands and whose fields stand in another order."""
ERASED_KIND = "erased-body"
"""What stands for the kind of an event whose bytes were erased: no kind is spelt so."""
ERASED_DEFECT = "erased"
WEB_STREAM = "web"
SITE_STREAM = "site"


class Carrier(Enum):
    """The sorts of stream: who speaks in them."""

    SITE = "site"
    WEB = "web"
    CUSTODY = "c"
    TELEMETRY = "t"


def _tags(union: UnionType | type) -> frozenset[str]:
    members = get_args(union) or (union,)
    return frozenset(str(member.__struct_config__.tag) for member in members)


KINDS_OF: dict[Carrier, frozenset[str]] = {
    Carrier.SITE: _tags(kinds.Administered),
    Carrier.WEB: _tags(kinds.Asserted),
    Carrier.CUSTODY: _tags(kinds.Observed),
    Carrier.TELEMETRY: _tags(kinds.Measured),
}
"""Sort of stream → the kinds that it may carry."""


_KIND_OF: dict[type[kinds.Event], str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(AnyEvent)}
_SEEN = get_args(kinds.Seen)


class Envelope(msgspec.Struct, frozen=True):
    """The fields without which a line is no event of a batch; whatever else it has is judged apart."""

    v: Literal[1]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
    stream: str
    seq: kinds.Sequence
    nonce: kinds.Nonce


class _GatewayStream(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(pattern=rf"^{NAME_PATTERN}/[1-9][0-9]{{0,8}}/[ct]\Z")]


_decode_loosely = msgspec.json.Decoder(AnyEvent).decode
_decode_all_loosely = msgspec.json.Decoder(AnyEvent).decode_lines
_TAGS, _PLACES, _DEVICES = Known.of(Tag), Known.of(Place), Known.of(Device)
_NONCE_DIGITS = 32
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_NOT_CANONICAL = "expected canonical JSON: no white space, no duplicate keys, shortest escapes"
_NOT_PLAIN = "expected strings, integers of 53 bits, lists and objects only"
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)


class Judged(msgspec.Struct, frozen=True):
    """One event as it came, and what this version makes of it.

    Attributes:
        body: the verbatim bytes.
        kind: the kind that it says it is.
        event: the decoded event; None if there is a defect.
        defect: why it is kept without being understood; None if it is understood.
        listed: the things that it is about, where its bytes were erased and `body` is empty.
    """

    body: bytes
    kind: str
    event: AnyEvent | None
    defect: str | None
    listed: tuple[str, ...] | None = None


class Remains(msgspec.Struct, frozen=True):
    """What is left of an event whose bytes were erased.

    Attributes:
        leaf: its leaf hash.
        listed: the identifiers on whose lists of the unit map it stands, as the `erased` event says.
    """

    leaf: bytes
    listed: tuple[str, ...] = ()


@lru_cache(maxsize=1024)  # asked for every event, of few streams
def carrier_of(stream: str) -> Carrier:
    """The sort of `stream`: `site`, `web`, `<gateway>/<epoch>/c` or `<gateway>/<epoch>/t`.

    Raises:
        FormatError: none of the four.
    """
    if stream == SITE_STREAM:
        return Carrier.SITE
    if stream == WEB_STREAM:
        return Carrier.WEB
    try:
        msgspec.convert({"name": stream}, _GatewayStream)
    except msgspec.ValidationError as error:
        raise FormatError(f"expected a stream `site`, `web`, `<gateway>/<epoch>/c` or `…/t`; got {stream!r}") from error
    return Carrier(stream[-1])


@lru_cache(maxsize=1024)  # the same
def kinds_in(stream: str) -> frozenset[str]:
    """The kinds that `stream` may carry.

    Raises:
        FormatError: no stream.
    """
    return KINDS_OF[carrier_of(stream)]


def kind_of(event: kinds.Event) -> str:
    """The kind that the event's bytes name."""
    return _KIND_OF[type(event)]


def said_kind(body: bytes) -> str:
    """The kind that an event of a batch says it is, whether or not it is understood."""
    if body.startswith(_BEGINNING):
        return body[len(_BEGINNING) : body.index(b'"', len(_BEGINNING))].decode()
    kind: str = _decode_envelope(body).kind
    return kind


def producer_of(stream: str) -> str:
    """Who speaks in `stream`: `site`, `web`, or the gateway's name."""
    return stream.partition("/")[0]


def encode(event: AnyEvent) -> bytes:
    """The event's bytes, made here once and kept verbatim ever after.

    Raises:
        FormatError: a field is not what its kind asks for, or the event is too large.
    """
    body = _encode(event)
    try:
        _exact_decoder().decode(body)
    except msgspec.ValidationError as error:
        raise FormatError(f"{type(event).__name__}: {error}") from error
    if len(body) > _limit(body):
        raise FormatError(f"expected an event of at most {_limit(body)} bytes; got {len(body)}")
    return body


def decode(body: bytes) -> AnyEvent:
    """The event that `encode` made.

    Raises:
        FormatError: not the bytes that `encode` would have made.
    """
    try:
        event: AnyEvent = _decode_event(body)
    except _UNREADABLE as error:
        raise FormatError(f"expected an event; {error}") from error
    if _encode(event) != body:
        raise FormatError("expected canonical JSON with the fields in the order of docs/format.md §3")
    return event


def judge(body: bytes, *, stream: str, seq: int) -> Judged | Refused:
    """Judge one line of a batch that says it holds event `seq` of `stream`.

    Returns:
        Judged, with a defect where the kind is unknown, a field is wrong or the stream may not carry the kind; or
        Refused at step `envelope`, which refuses the batch.
    """
    if len(body) > MAX_EVENT_BYTES and len(body) > _limit(body):
        return _refuse(seq, f"expected at most {_limit(body)} bytes; got {len(body)}")
    try:
        event: AnyEvent = _decode_event(body)
    except _UNREADABLE as error:
        return _judge_odd(body, None, str(error), stream=stream, seq=seq)
    if _encode(event) != body:
        return _judge_odd(body, event, None, stream=stream, seq=seq)
    if event.seq != seq or event.stream != stream:
        return _refuse_place(seq, stream, event)
    return _judge_carried(body, _KIND_OF[type(event)], event, stream)


def understood(bodies: Sequence[bytes], *, stream: str, first: int) -> list[AnyEvent] | None:
    """The events of bodies that `judge` would find without a defect, in order; None if it would not for any of them.

    Args:
        bodies: each event's bytes.
        stream: the stream that all of them are said in.
        first: the first one's number there; the others follow.
    """
    events = _decode_all(bodies)
    if events is None or {event.stream for event in events} != {stream}:
        return None
    if [event.seq for event in events] != list(range(first, first + len(events))):
        return None
    return events if {_KIND_OF[kind] for kind in set(map(type, events))} <= KINDS_OF[carrier_of(stream)] else None


def understood_apart(bodies: Sequence[bytes], *, said: Sequence[tuple[str, int]]) -> list[AnyEvent] | None:
    """The same of events from anywhere in the log.

    Args:
        bodies: each event's bytes.
        said: for each the stream that it is said in, and its number there.
    """
    events = _decode_all(bodies)
    if events is None or [(event.stream, event.seq) for event in events] != list(said):
        return None
    carried = {(event.stream, type(event)) for event in events}
    return events if all(_KIND_OF[kind] in KINDS_OF[carrier_of(stream)] for stream, kind in carried) else None


def _decode_all(bodies: Sequence[bytes]) -> list[AnyEvent] | None:
    """The events of bodies that are each the one spelling of an event, not too large; else None.

    All are decoded and encoded again at once. No event's one spelling holds a line feed: so if as many events as there
    are bodies give back the same lines, each body is the spelling of its event, and none is torn across two bodies.
    """
    lines = b"\n".join([*bodies, b""])
    try:
        events: list[AnyEvent] = _decode_all_loosely(lines)
    except _UNREADABLE:
        return None
    if len(events) != len(bodies) or not _well_spelt(events) or _encode_lines(events) != lines:
        return None
    if max(map(len, bodies), default=0) > MAX_EVENT_BYTES and any(len(body) > _limit(body) for body in bodies):
        return None
    return events


def judge_all(bodies: Sequence[bytes], *, stream: str, first: int) -> tuple[Judged, ...] | Refused:
    """Judge the lines of a batch that says it holds the events of `stream` from seq `first` on: as `judge`, each."""
    events = understood(bodies, stream=stream, first=first)
    if events is not None:
        return tuple(
            [Judged(body, _KIND_OF[type(event)], event, None) for body, event in zip(bodies, events, strict=True)]
        )
    judged = []
    for seq, body in enumerate(bodies, first):
        answer = judge(body, stream=stream, seq=seq)
        if isinstance(answer, Refused):
            return answer
        judged.append(answer)
    return tuple(judged)


def judge_erased(left: Remains) -> Judged:
    """An event whose bytes were erased, as far as it can be judged."""
    return Judged(b"", ERASED_KIND, None, ERASED_DEFECT, left.listed)


def is_canonical(body: bytes) -> bool:
    """Whether bytes are canonical JSON of docs/format.md §2, whatever they say."""
    try:
        value = _decode_any(body)
        return _is_shallow(value) and _is_plain(value) and _encode(value) == body
    except _UNREADABLE:
        return False


def event_leaf(body: bytes) -> bytes:
    """The RFC 6962 leaf hash of an event's bytes: 32 bytes."""
    return leaf_hash(body)


@cache  # made where it is first asked: it takes longer than importing this module
def _exact_decoder() -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(Union[tuple(exact(kind) for kind in get_args(AnyEvent))])  # noqa: UP007  as many as are


def _decode_event(body: bytes) -> AnyEvent:
    """An event, or what `msgspec` has against it: of everything that is wrong, what stands first."""
    _exact_decoder().decode(body)
    event: AnyEvent = _decode_loosely(body)
    return event


def _well_spelt(events: list[AnyEvent]) -> bool:
    """Whether the fields that `ledger.core.kinds` defers are spelt as they must be: the same answer as exact types'."""
    seen = [event for event in events if isinstance(event, _SEEN)]
    return (
        are_hex([event.nonce for event in events], digits=_NONCE_DIGITS)
        and are_instants([event.time for event in events])
        and _PLACES.holds({event.place for event in events if event.place is not None})
        and _DEVICES.holds({event.device for event in seen})
        and _TAGS.holds([event.tag for event in seen])
    )


def _judge_odd(  # noqa: PLR0911  one return a rule
    body: bytes, event: AnyEvent | None, defect: str | None, *, stream: str, seq: int
) -> Judged | Refused:
    """Judge what is rare: fields in another order, an unknown kind, a bad field. All must still be canonical JSON."""
    try:
        envelope = _decode_envelope(body)
        if (envelope.stream, envelope.seq) != (stream, seq):
            return _refuse_place(seq, stream, envelope)
        value = _decode_any(body)
        if not _is_shallow(value):
            return _refuse(seq, f"expected lists and objects at most {MAX_DEPTH} deep")
        if not _is_plain(value):
            return Judged(body, envelope.kind, None, _NOT_PLAIN)
        canonical = _encode(value) == body
    except _UNREADABLE as error:
        return _refuse(seq, str(error))
    if not canonical:
        return _refuse(seq, _NOT_CANONICAL)
    if event is None:
        return Judged(body, envelope.kind, None, None if defect is None else _in_one_line(defect))
    return _judge_carried(body, envelope.kind, event, stream)


def _judge_carried(body: bytes, kind: str, event: AnyEvent, stream: str) -> Judged:
    if kind in kinds_in(stream):
        return Judged(body, kind, event, None)
    return Judged(body, kind, None, f"stream {stream} may not carry {kind}")


def _in_one_line(defect: str) -> str:
    """A defect as it can be kept and shown: it quotes the event, whose names may hold any character at any length.

    PostgreSQL takes no NUL in a text, and a terminal obeys escapes.
    """
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in defect)
    return shown if len(shown) <= MAX_DEFECT else f"{shown[: MAX_DEFECT - 1]}…"


def _is_plain(value: object) -> bool:
    """Whether a decoded value holds nothing but strings, integers of 53 bits, lists and objects."""
    if isinstance(value, str):
        return True
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 2**53
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, dict) and all(map(_is_plain, value.values()))


def _is_shallow(value: object, left: int = MAX_DEPTH) -> bool:
    """Whether lists and objects stand in each other at most `left` deep."""
    if not isinstance(value, list | dict):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return left > 0 and all(_is_shallow(each, left - 1) for each in inner)


def _limit(body: bytes) -> int:
    limit = MAX_SEGMENT_BYTES if body.startswith(b'{"kind":"temperature_segment",') else MAX_EVENT_BYTES
    return limit + CARRIED_OVER_BYTES if len(body) > limit and _CARRIED_OVER in body else limit


def _refuse_place(seq: int, stream: str, said: AnyEvent | Envelope) -> Refused:
    return _refuse(seq, f"expected {stream} {seq}; got {said.stream} {said.seq}")


def _refuse(seq: int, reason: str) -> Refused:
    return Refused("envelope", f"event {seq}: {reason}")
