"""What a program says over the API: who asks, who signs beside, under which key, and how a refusal is answered.

A token says who asks. Whatever a second person has to sign, that person signs in the same request with the own
password, as on the pages: no token is a signature, since a program keeps it. Passwords go nowhere but to the accounts.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, NoReturn, TypeVar

import msgspec
from flask import abort, request
from msgspec import Meta, Struct, field

from ledger.accounts import Actor, User
from ledger.acts import persons
from ledger.acts.requested import Requested, name_of
from ledger.acts.steps import refuse_role
from ledger.api.asked import UnfitError, read_json
from ledger.api.guard import address, asking
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError, Refused
from ledger.core.events import kind_of

MAX_BYTES = 262_144
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
"""A request's key: a UUID, in lower case."""
STATUS: Mapping[str, int] = {
    "order.unknown": 404,
    "case.unknown": 404,
    "return.unknown": 404,
    "correction.unknown": 404,
    "role": 403,
    "person.signature": 403,
    "request.differs": 409,
    "stale": 409,
    "busy": 503,
    "history": 503,
    "storage": 507,
}
"""Step of a refusal → HTTP status; 422 for every other."""

Size = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody signs, with the own password."""

    login: str
    password: str


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request that writes may say.

    Attributes:
        log_size: of the log as the asking person saw it: what was said of the same things since refuses the request.
        signatures: who signs, each with the own password.
    """

    log_size: Size | None = None
    signatures: Annotated[list[Signature], Meta(max_length=4)] = field(default_factory=list)


S = TypeVar("S", bound=Said)


def body(shape: type[Said]) -> dict[str, object]:
    """The OpenAPI description of a request's body."""
    described = msgspec.json.schema(shape, schema_hook=_anything)
    schema = _inlined({"$ref": described["$ref"]}, described["$defs"])
    return {
        "required": True,
        "description": "The header `Idempotency-Key` is a random UUID: the same request may be sent again with it.",
        "content": {"application/json": {"schema": schema}},
    }


def read(shape: type[S], *, most: int = MAX_BYTES) -> S:
    """What the request says, in at most so many bytes; or 422 at step `fields` or `body`."""
    raw = request.get_data(cache=True)
    if len(raw) > most:
        refuse(Refused("body", f"expected at most {most} bytes; got {len(raw)}"))
    try:
        return read_json(raw, shape)
    except FormatError as error:
        refuse(Refused("fields" if isinstance(error, UnfitError) else "body", str(error)))


def requested() -> Requested:
    """The writer on behalf of this request; 400 where the request has no key."""
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.match(key):
        abort(problem(400, "expected a random UUID in lower case in the header Idempotency-Key"))
    asked = json.loads(request.get_data(cache=True) or b"{}")
    asked.pop("signatures", None)  # what proves a person leaves no trace, not even a hash
    what = json.dumps(asked, sort_keys=True)
    name = name_of(asking().person, key, request.method, request.path, what)
    return Requested(services().ledger, name, asked.get("log_size"))


def require_role(*kinds: str) -> User:
    """The asking user, whose roles include these kinds of step; or 403, written down."""
    user = asking()
    for kind in kinds:
        if (refused := refuse_role(user, kind)) is not None:
            actor = Actor(user.person, address())
            services().accounts.record_denial(actor, f"event.assert:{kind}", now_ms=services().wall.now_ms())
            refuse(refused)
    return user


def named(fields: Mapping[str, object], signatures: Sequence[Signature]) -> dict[str, object]:
    """The persons that fields name, as pseudonyms, with the signatures that the step asks for."""
    accounts, wanted = services().accounts, {}
    for name in persons.SIGNING:
        other = persons.known(accounts, str(fields.get(name, "")))
        wanted[name] = "" if other is None else _password(other, signatures)
    at = services().wall.now_ms()
    found = persons.named_in(accounts, fields, asking(), passwords=wanted, address=address(), now_ms=at)
    return refuse(found) if isinstance(found, Refused) else found


def signed_by(login: str, signatures: Sequence[Signature]) -> User:
    """Somebody who is named, and has signed."""
    accounts, at = services().accounts, services().wall.now_ms()
    other = persons.known(accounts, login)
    if other is None:
        refuse(Refused("person.unknown", f"expected the login of somebody who may sign in; got {login}"))
    refused = persons.signed(accounts, other, _password(other, signatures), address=address(), now_ms=at)
    return other if refused is None else refuse(refused)


def own_signature(signatures: Sequence[Signature]) -> None:
    """The asking user signs too: what decides about much asks for the password, and not for a token alone."""
    signed_by(asking().person, signatures)


def beside(signatures: Sequence[Signature]) -> User:
    """The other person who signs, if one does and another than who asks."""
    accounts, user = services().accounts, asking()
    others = [persons.known(accounts, each.login) for each in signatures]
    other = next((each for each in others if each is not None and each.person != user.person), None)
    if other is None:
        refuse(Refused("two-persons", "a second person must sign, another than who asks"))
    return signed_by(other.person, signatures)


def answered(said: Requested, act: Callable[[], object]) -> dict[str, object]:
    """What an act recorded, now or when the same request came before; a refusal is a problem."""
    with services().reading() as reader:
        known = said.is_known(reader)
    try:
        answer = None if known else act()
    except Rejected as error:
        answer = Refused(error.step, error.reason)
    if isinstance(answer, Refused):
        refuse(answer)
    return {"repeated": said.repeated, "events": [told(each) for each in said.recorded]}


def refuse(refused: Refused, **more: object) -> NoReturn:
    """End the request with a problem that names the rule."""
    status = STATUS.get(refused.step, 422)
    headers = {"Retry-After": "1"} if status == 503 else {}
    abort(problem(status, refused.reason, more={"step": refused.step, **more}, headers=headers))


def audited(action: str, subject: str, detail: str = "") -> None:
    """Write down what was done."""
    actor = Actor(asking().person, address())
    services().accounts.record(actor, action, now_ms=services().wall.now_ms(), subject=subject, detail=detail)


def _password(person: User, signatures: Sequence[Signature]) -> str:
    logins = {person.login, person.person}
    return next((each.password for each in signatures if each.login in logins), "")


def told(recorded: Recorded) -> dict[str, object]:
    """A recorded event, as `SaidEventSchema` spells it."""
    event = recorded.event
    where = {"stream": event.stream, "seq": event.seq, "log_index": recorded.log_index}
    return {"kind": kind_of(event), "time": event.time, **where, "event": event}


def _inlined(schema: object, shapes: Mapping[str, object]) -> object:
    match schema:
        case {"$ref": str(name)}:
            return _inlined(shapes[name.rpartition("/")[2]], shapes)
        case dict():
            return {key: _inlined(value, shapes) for key, value in schema.items()}
        case list():
            return [_inlined(each, shapes) for each in schema]
        case _:
            return schema


def _anything(_kind: type) -> dict[str, object]:
    """Of fields that a kind of event describes (docs/format.md §3), and OpenAPI does not."""
    return {"description": "as the kind of event has it"}
