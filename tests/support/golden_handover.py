"""Two sites and more: one log's passport accepted in another's, and what can be wrong with that."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.core import kinds, passport, policy
from ledger.core import note as notes
from tests.support.golden import (
    NOTE,
    NURSE,
    RED,
    SECOND,
    SITE,
    Log,
    consigned,
    key_added,
    signer,
    story,
    without_segments,
)

SITES = (SITE, *(f"demo.hospital-{number}.example" for number in range(1, 5)))
"""The sites from hand to hand: the blood centre first."""

HOURS_LATER = 600
"""Minutes after the blood centre's day begins at which the next site's does."""


@dataclass(frozen=True)
class Accepted:
    """What a site says of a passport that it accepted."""

    raw: bytes
    units: Sequence[str] = (RED, SECOND)
    changes: Mapping[str, object] = field(default_factory=dict)

    def fields(self) -> dict[str, object]:
        """The event's own fields."""
        made = passport.parse(self.raw)
        origin, size, *_ = made.checkpoint.split("\n")
        fields: dict[str, object] = {"units": list(self.units), "origin": origin, "as_of_size": int(size)}
        return fields | {"sha256": passport.digest(self.raw.decode()), "verdict": "warnings"} | self.changes


def receive(number: int, accepted: Accepted, *, later: int = HOURS_LATER) -> Log:
    """The log of site `number`: it accepts a passport, stocks the red cells, and sends them on under the same note."""
    site = SITES[number]
    log = Log(minute=number * later, site=site)
    opened = {
        "origin": log.origin,
        "mode": "demo",
        "log_key": notes.format_vkey(signer(log.origin).verifier),
        "receipt_key": notes.format_vkey(signer(f"{site}/receipt").verifier),
    }
    log.seal("site", [(kinds.SiteOpened, opened), key_added("site", site), key_added("web", site)], "site")
    log.seal("site", [(kinds.PassportAccepted, accepted.fields())], "site")
    shelf: dict[str, object] = {"place": "place:hospital/fridge-1", "by": NURSE}
    log.seal("web", [(kinds.Opening, {"unit": RED, **shelf})], "web")
    told = json.loads(story().batches[-1].bodies[0])
    stated = {name: told[name] for name in told if name not in {"v", "kind", "stream", "seq", "nonce", "time", "clock"}}
    log.seal("site", [(kinds.ExposureStated, stated | {"verdict": "unknown", "as_of_size": 3})], "site")
    sent = {"dispatch_note": NOTE, "units": [RED], "to": "org:next", **shelf}
    log.seal("web", [(kinds.Dispatched, sent)], "web")
    return log


def centre() -> bytes:
    """The blood centre's passport of the dispatch note."""
    log = consigned()
    return passport.format(log.passport(NOTE, without_segments(log)))


def at_hospital(accepted: Accepted, *, carried: Sequence[bytes], later: int = HOURS_LATER) -> bytes:
    """The first hospital's passport of the red cells, with what is carried in it."""
    return passport.format(receive(1, accepted, later=later).passport(RED, before=carried))


def chain(sites: int) -> bytes:
    """A passport that came through `sites` sites, each carrying the one before."""
    raw = centre()
    for number in range(1, sites):
        log = receive(number, Accepted(raw, units=(RED,) if number > 1 else (RED, SECOND)))
        raw = passport.format(log.passport(RED, before=[raw]))
    return raw


def handover_files() -> dict[str, bytes]:
    """File name → bytes: passports of hand-overs, whose names say the step that refuses, and a policy for them."""
    made = {f"passport/{name}.json": raw for name, raw in _passports().items()}
    return {**made, "policy-two-sites.txt": _policy()}


def _passports() -> dict[str, bytes]:
    sent = centre()
    altered = sent.replace(b"E280A999", b"E280A998", 1)
    unsent = passport.format(story().passport(RED))
    own = passport.format(receive(1, Accepted(sent)).passport(RED, before=[sent]))
    return {
        "good_handed-over": at_hospital(Accepted(sent), carried=[sent]),
        "good_handed-over-not-carried": at_hospital(Accepted(sent), carried=[]),
        "good_handed-over-never-sent": at_hospital(Accepted(unsent, units=(RED,)), carried=[unsent]),
        "good_handed-over-before-sent": at_hospital(Accepted(sent), carried=[sent], later=0),
        "good_handed-over-three-times": chain(4),
        "hand-over_altered": at_hospital(Accepted(altered), carried=[altered]),
        "hand-over_another-file": at_hospital(Accepted(sent), carried=[unsent]),
        "hand-over_another-unit": at_hospital(Accepted(unsent), carried=[unsent]),
        "hand-over_another-size": at_hospital(Accepted(sent, changes={"as_of_size": 5}), carried=[sent]),
        "hand-over_another-log": at_hospital(Accepted(sent, changes={"origin": "x.example/ledger/1"}), carried=[sent]),
        "hand-over_of-the-log-itself": at_hospital(Accepted(own, units=(RED,)), carried=[own]),
        "hand-over_one-unit-does-not-hold": at_hospital(Accepted(_one_bad()), carried=[_one_bad()]),
        "hand-over_four-times": chain(5),
    }


def _one_bad() -> bytes:
    """The blood centre's passport, in which the statement about the red cells does not hold."""
    log = consigned(stated=[{}, {"unit": RED, "as_of_size": 99}])
    return passport.format(log.passport(NOTE, without_segments(log)))


def _policy() -> bytes:
    """A trust policy that names the logs of all sites."""
    logs = tuple(policy.Log(signer(f"{site}/ledger/1").verifier) for site in SITES)
    return policy.format(policy.Policy(logs, (), (), policy.NO_QUORUM))
