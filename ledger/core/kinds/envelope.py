"""What every event carries, and what an event of a gateway adds."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Instant, Person
from ledger.core.kinds.fields import Nonce, Once, SeenAt, SeenPlace, Sequence


class Event(Struct, tag_field="kind", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What every event carries.

    Attributes:
        v: the version of the envelope.
        stream: the producer's chain, e.g. `gw-centre/1/c`, `web` or `site`.
        seq: the place in the stream, from 1, without gaps.
        nonce: 16 random bytes in hex, so that a hash cannot be guessed back after an erasure.
        time: when it happened.
        clock: how far the producer's clock can be trusted; `simulated` only on a site marked demo.
        place: where it happened.
        by: the person who acted, as a pseudonym.
        recorded_at: when it was written down, where that was later than `time`.
        entered_by: who entered it from a paper record (补录), or as a correction; `by` is who acted then.
        confirmed_by: the second person, who held the entry against the paper.
        request: which request of a program said it: 16 hex digits of who asked and which key, 16 of what was asked.
    """

    v: Literal[1]
    stream: Annotated[str, Meta(min_length=1, max_length=80)]
    seq: Sequence
    nonce: Once
    time: SeenAt
    clock: Literal["synchronised", "unsynchronised", "simulated"]
    place: SeenPlace | None = None
    by: Person | None = None
    recorded_at: Instant | None = None
    entered_by: Person | None = None
    confirmed_by: Person | None = None
    request: Nonce | None = None


class FirstSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an event stood that a gateway said before, to nobody's receipt: the log, the stream, the place in it.

    With these in the place of its own stream and seq, and without this field, an event has the bytes that it had there.
    """

    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    stream: Annotated[str, Meta(min_length=1, max_length=80)]
    seq: Sequence


class Reported(Event, frozen=True, kw_only=True):
    """What a gateway says; `first_said` where it carries over what it had said in a stream that ended."""

    first_said: FirstSaid | None = None
