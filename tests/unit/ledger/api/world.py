"""A small site behind the API: a blood centre, two hospitals, three units, people of every role, one gateway.

`UNIT_OF_H1` was sent to the first hospital, `UNIT_OF_H2` to the second; both come from one donation. `UNIT_AT_CENTRE`
never left.
"""

from dataclasses import dataclass

from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.clock import ClockName
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import Batch
from ledger.core.errors import Refused
from ledger.core.events import encode
from ledger.core.ids import format_instant
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, sign_note

NOW = 1_772_440_000_000
DAY = 24 * 3600 * 1000
CENTRE, H1, H2 = "org:a9999", "org:h1", "org:h2"
WHOLE_BLOOD = "unit:A999926123456.E0001V00"
UNIT_OF_H1 = "unit:A999926123456.E0382V00"
UNIT_OF_H2 = "unit:A999926123456.E0701V00"
UNIT_AT_CENTRE = "unit:A999926123457.E0382V00"
GATEWAY = "gw-centre"


class FixedClock:
    """Time stands still until a test moves it."""

    name: ClockName = "synchronised"

    def __init__(self) -> None:
        self.ms = NOW

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@dataclass
class GatewayKey:
    """What signs the batches of one gateway."""

    origin: str
    signer: NoteSigner
    stream: str = f"{GATEWAY}/1/c"

    def batch(self, *bodies: bytes, first: int = 1, previous: bytes = batches.NO_PREVIOUS, origin: str = "") -> Batch:
        text = batches.compose(
            bodies,
            origin=origin or self.origin,
            stream=self.stream,
            first=first,
            previous=previous,
            time=format_instant(NOW),
        ).format()
        return Batch(sign_note(text, [self.signer]), bodies)

    def started(self, seq: int = 1) -> bytes:
        return encode(
            kinds.GatewayStarted(
                v=1,
                stream=self.stream,
                seq=seq,
                nonce=f"{seq:032x}",
                time=format_instant(NOW),
                clock="synchronised",
                version="0.1.0",
                configuration="A" * 43 + "=",
            )
        )


PEOPLE = {
    "technician": (CENTRE, {"technician"}),
    "laboratory": (CENTRE, {"laboratory"}),
    "quality": (CENTRE, {"quality"}),
    "hospital": (H1, {"hospital"}),
    "other_hospital": (H2, {"hospital"}),
    "administrator": (None, {"administrator"}),
    "auditor": (None, {"auditor"}),
    "hospital_auditor": (H1, {"auditor"}),
}


def key_added(origin: str, signer: NoteSigner, producer: str) -> Draft:
    vkey = format_vkey(signer.verifier)
    proof = prove_possession(signer.key, origin=origin, vkey=vkey)
    return Draft(kinds.KeyAdded, {"key": fingerprint(vkey), "vkey": vkey, "producer": producer, "proof": proof})


def done(answer: object) -> None:
    assert not isinstance(answer, Refused), answer


def organisation(name: str, role: str) -> Draft:
    fields = {"organisation": name, "role": role, "name_zh": name, "name_en": name}
    return Draft(kinds.OrganisationAdded, fields)


def place(name: str, owner: str) -> Draft:
    return Draft(kinds.PlaceAdded, {"place": name, "organisation": owner, "name_zh": name, "name_en": name})


def add_units(opened: Ledger) -> None:
    at = {"place": "place:centre/cold-room"}
    donor = "person:" + "d" * 32
    components = [
        kinds.Component(unit=unit, expires=format_instant(NOW + 30 * DAY)) for unit in (UNIT_OF_H1, UNIT_OF_H2)
    ]
    label = {"abo": "A", "rhd": "positive", "expires": format_instant(NOW + 30 * DAY), **at}
    for draft in (
        Draft(kinds.Collected, {"unit": WHOLE_BLOOD, "donor": donor, "volume_ml": 400, **at}),
        Draft(
            kinds.Prepared,
            {"parents": [WHOLE_BLOOD], "children": components, "equipment": ["equipment:CENTRIFUGE-2"], **at},
        ),
        Draft(kinds.Opening, {"unit": UNIT_AT_CENTRE, **label}),
        *(Draft(kinds.Labelled, {"unit": unit, **label}) for unit in (UNIT_OF_H1, UNIT_OF_H2)),
        *(Draft(kinds.Released, {"unit": unit, **at}) for unit in (UNIT_OF_H1, UNIT_OF_H2)),
        *(
            Draft(kinds.Dispatched, {"dispatch_note": f"consignment:{to[4:]}", "units": [unit], "to": to, **at})
            for unit, to in ((UNIT_OF_H1, H1), (UNIT_OF_H2, H2))
        ),
    ):
        done(opened.record("web", [draft]))


def open_places(opened: Ledger, gateway: GatewayKey) -> None:
    """Approve the gateway's key and register organisations and places."""
    drafts = [
        key_added(gateway.origin, gateway.signer, GATEWAY),
        organisation(CENTRE, "blood_centre"),
        organisation(H1, "hospital"),
        organisation(H2, "hospital"),
        place("place:centre/cold-room", CENTRE),
        place("place:h1/bank", H1),
        place("place:h2/bank", H2),
    ]
    done(opened.record("site", drafts))


def add_people(accounts: Accounts) -> dict[str, str]:
    """Enrol `PEOPLE`; who → an API token with all their roles."""
    made = {}
    for who, (org, roles) in PEOPLE.items():
        user = accounts.add_user(who, printed_name=who, organisation=org, roles=roles, actor=LOCAL, now_ms=NOW)
        made[who] = accounts.issue_token(
            user.person, label="test", roles=roles, expires_ms=NOW + DAY, actor=LOCAL, now_ms=NOW
        )
    return made


@dataclass
class Bearers:
    """The headers with which someone asks."""

    tokens: dict[str, str]

    def __call__(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}
