"""`/v1/probes` and `/v1/agitation`: what persons say that no device says, by the rules of the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from marshmallow import Schema, fields

from ledger.acts import monitoring as saying_of
from ledger.acts.monitoring import Says, Told
from ledger.acts.ordering import Acting
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, scope
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.saying import Said, body, read, refuse, told
from ledger.api.schemas import AsOfSchema, Instant
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core import ids
from ledger.core.errors import Refused
from ledger.core.ids import Place, Probe
from ledger.read.monitored import AgitatorWord, ProbeWord, agitator_words, probe_words

monitoring = described_blueprint("monitoring", __name__, description="Probes and agitators, as persons say")

Say: TypeAlias = Callable[[Acting], Told | Refused]
_RECORDED = Answer(RecordedSchema, "It is recorded, now or before")


class ProbeWordSchema(Schema):
    """Where somebody said that a probe hangs, from an instant on; `place` null: in none that is monitored."""

    probe = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    since = Instant(attribute="since_ms", required=True)


class ProbeWordsSchema(AsOfSchema):
    """What was said of probes, the newest first."""

    said = fields.List(fields.Nested(ProbeWordSchema), required=True)


class AgitatorWordSchema(Schema):
    """Whether somebody said that the agitator of a place runs, from an instant on."""

    place = fields.String(required=True)
    runs = fields.Boolean(required=True)
    since = Instant(attribute="since_ms", required=True)


class AgitatorWordsSchema(AsOfSchema):
    """What was said of agitators, the newest first."""

    said = fields.List(fields.Nested(AgitatorWordSchema), required=True)


@dataclass(frozen=True, slots=True)
class Words:
    """What was said, and the instant and log size for which this holds."""

    said: tuple[ProbeWord, ...] | tuple[AgitatorWord, ...]
    now_ms: int
    log_size: int


class ProbeSaid(Said, frozen=True, kw_only=True):
    """Where a probe hangs.

    Attributes:
        probe: the probe.
        place: the place or box; not given: it was taken out, and hangs in none that is monitored.
        time: since when.
    """

    probe: Probe
    place: Place | None = None
    time: ids.Instant


class AgitationSaid(Said, frozen=True, kw_only=True):
    """Whether the agitator of a place runs.

    Attributes:
        place: the place.
        says: `stopped` or `resumed`.
        time: since when.
    """

    place: Place
    says: Says
    time: ids.Instant


@described(monitoring, "/v1/probes", Answer(ProbeWordsSchema, "Where probes hang, as persons say"))
def probes() -> Words:
    """Where persons said that probes hang, of those that ever hung in a place of one's own, or in none."""
    with services().reading() as reader:
        return Words(probe_words(reader, scope()), services().clock.now_ms(), reader.log_size())


@described(monitoring, "/v1/probes", _RECORDED, Asked(method="POST", body=body(ProbeSaid)))
def place_probe() -> dict[str, object]:
    """Say where a probe hangs since an instant; the same said again is answered from the log."""
    said = read(ProbeSaid)
    return _said(lambda who: saying_of.place_probe(services().ledger, said.probe, said.place, time=said.time, who=who))


@described(monitoring, "/v1/agitation", Answer(AgitatorWordsSchema, "Whether agitators run, as persons say"))
def agitation() -> Words:
    """Whether persons said that the agitators of one's own places run."""
    with services().reading() as reader:
        return Words(agitator_words(reader, scope()), services().clock.now_ms(), reader.log_size())


@described(monitoring, "/v1/agitation", _RECORDED, Asked(method="POST", body=body(AgitationSaid)))
def report_agitation() -> dict[str, object]:
    """Say that an agitator stands, or runs again, since an instant; the same said again is answered from the log."""
    said = read(AgitationSaid)
    return _said(
        lambda who: saying_of.report_agitation(services().ledger, said.says, said.place, time=said.time, who=who)
    )


def _said(say: Say) -> dict[str, object]:
    scope()  # who has no organisation, and does not see the whole site, says nothing of any place
    user = asking()
    try:
        answer = say(Acting(user.person, user.organisation))
    except Rejected as error:
        answer = Refused(error.step, error.reason)
    if isinstance(answer, Refused):
        refuse(answer)
    return {"repeated": answer.repeated, "events": [told(answer.recorded)]}
