"""A person's step recorded: role, scope and rules asked where they cannot be raced, all or nothing.

The same for the pages and the API. Who the persons are, and that they signed, is for the caller
(`ledger.acts.persons`); orders, cases and corrections have modules of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from ledger.accounts import User
from ledger.acts import corrections
from ledger.append import Check, Draft, Recorder, Rejected
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.read import asserting, permitted
from ledger.read.reader import Reader

Fields: TypeAlias = "Mapping[str, object]"

KINDS: Final[Mapping[str, type[kinds.Event]]] = MappingProxyType(
    {str(kind.__struct_config__.tag): kind for kind in kinds.Asserted.__args__}
)
"""Every kind that a person asserts, by name."""

NEEDS_PLACE: Final = frozenset(
    {"collected", "opening", "stored", "removed", "moved", "packed", "unpacked", "dispatched", "received", "returned",
     "issued", "stock_taken", "shift_handed_over", "prepared", "pooled", "split", "washed", "irradiated", "frozen",
     "thawed", "inactivated", "relabelled", "returned_to_bank"}
)  # fmt: skip
"""Kinds that say nothing without the place where they happened: custody and whereabouts rest on it."""


def refuse_role(user: User, kind: str) -> Refused | None:
    """Why a user's roles do not include a step."""
    if user.may_assert(kind):
        return None
    return Refused("role", f"none of the roles {', '.join(sorted(user.roles))} may record {kind}")


def record(  # noqa: PLR0913  what, when, who, and what they looked at
    recorder: Recorder,
    kind: str,
    drafts: Sequence[Fields],
    *,
    user: User,
    time: str | None = None,
    further: Sequence[tuple[str, Fields]] = (),
    drawn_at: int | None = None,
) -> tuple[Recorded, ...] | Refused:
    """Record a step that a user did.

    Args:
        recorder: the writer.
        kind: the kind of event.
        drafts: the fields of each event, with persons as pseudonyms, `by` left out.
        user: who did it, and may (`refuse_role`).
        time: when it happened; None: now.
        further: kind and fields of what goes with it.
        drawn_at: the log's size when the user looked: what was said since of the same units refuses it; None: not told.

    Returns:
        The events with their places in the log; or Refused, and nothing was written.
    """
    now = recorder.clock.now_ms()
    at = now if time is None else parse_instant(time)
    if at > now:
        return ahead(now)
    completed = [{**fields, "by": user.person} for fields in drafts]
    together = [(kind, fields) for fields in completed]
    together += [(each, {**fields, "by": user.person}) for each, fields in further]
    events = [Draft(kind=KINDS[each], fields=fields, time=time) for each, fields in together]

    # The check runs on the writer's thread, which knows no request: one instant for the whole decision goes with it.
    def check(reader: Reader) -> Refused | None:
        named = [name for fields in completed for name in about(fields)]
        refused = first(_permitted(reader, kind, fields, user, now) for fields in completed)
        refused = refused or corrections.stale(reader, named, drawn_at)
        return refused or first(asserting.refuse(reader, kind, fields, at_ms=at) for fields in completed)

    return recorded(recorder, events, check)


def recorded(recorder: Recorder, drafts: Sequence[Draft], check: "Check | None") -> tuple[Recorded, ...] | Refused:
    """Record on the stream of people's steps; that the ledger is busy or cannot write is a refusal, too."""
    try:
        return recorder.record("web", drafts, check)
    except Rejected as error:
        return Refused(error.step, error.reason)


def tags_going_over(reader: Reader, drafts: Sequence[Fields]) -> list[tuple[str, Fields]]:
    """The steps by which the tags on a bag point to the new unit that is in it, where it stays in its bag.

    Args:
        reader: the ledger as it is.
        drafts: transformations; nothing goes over unless each makes one unit of one.
    """
    pairs = [(_texts(each.get("parents")), _made(each.get("children"))) for each in drafts]
    if any(len(before) != 1 or len(after) != 1 for before, after in pairs):
        return []
    found: list[tuple[str, Fields]] = []
    for (before,), (after,) in pairs:
        for tag in reader.tags_of(before):
            found.append(("tag_removed", {"unit": before, "tag": tag}))
            found.append(("tag_associated", {"unit": after, "tag": tag}))
    return found


def ahead(now_ms: int) -> Refused:
    """That a step is said to have happened in the future."""
    return Refused("time.ahead", f"it is {format_instant(now_ms)} now; a step cannot happen later")


def about(fields: Fields) -> list[str]:
    """The units, the box and the donation that a step is about: what was said of them since makes a look stale."""
    others = (value for name in ("box", "din") if isinstance(value := fields.get(name), str))
    counted = (unit for name in ("found", "missing", "surplus") for unit in _texts(fields.get(name)))
    return [*permitted.units_of(fields), *others, *counted]


def first(refusals: "Iterable[Refused | None]") -> Refused | None:
    """The first refusal; None where there is none."""
    return next((refused for refused in refusals if refused is not None), None)


def _permitted(reader: Reader, kind: str, fields: Fields, user: User, now_ms: int) -> Refused | None:
    return permitted.refuse(reader, kind, fields, organisation=user.organisation, now_ms=now_ms)


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _made(children: object) -> list[str]:
    return [str(each["unit"]) for each in children if isinstance(each, dict)] if isinstance(children, list) else []
