"""A whole site for tests: made by `xuemai init`, with a gateway that was enrolled and approved as people do it.

What an administrator would type into forms is recorded through the one writer, the same door that the forms use.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_mocks.cast import free_port
from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.core.note import format_vkey
from tests.support.processes import Answer, Gateway, Server, fetch, xuemai

CENTRE, HOSPITAL = "org:blood-centre", "org:hospital-1"
FRIDGE, BENCH, WARD = "place:centre/fridge-1", "place:centre/bench", "place:hospital-1/ward-3"
GATEWAY = "gw-centre"
NAME = "demo.a9999.example"
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class WholeSite:
    """A site, its one gateway and a reader of its API; nothing runs yet.

    Attributes:
        site: the ledger's configuration.
        gateway_folder: `gateway.toml`, keys, outbox.
        server: `xuemai serve`, to be started.
        gateway: `xuemai gateway run`, to be started.
        token: an API token of an auditor of the whole site.
    """

    site: Site
    gateway_folder: Path
    server: Server
    gateway: Gateway
    token: str

    def get(self, path: str) -> Answer:
        """Ask the running server, as the auditor."""
        return fetch(self.server.url + path, token=self.token)

    def json(self, path: str) -> dict[str, Any]:
        """A JSON answer of the running server, which must be 200."""
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, answer.body)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def counts(self, device: str) -> dict[str, int]:
        """What the gateway says that it counted of a device; empty before it said anything."""
        status = self.gateway_folder / "status.json"
        told = json.loads(status.read_bytes()) if status.exists() else {"devices": []}
        return next((each["counts"] for each in told["devices"] if each["name"] == device), {})

    def fsck(self) -> dict[str, object]:
        """What `xuemai fsck --json` says."""
        command = xuemai("fsck", "--json", "--site", str(self.site.directory))
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        report: dict[str, object] = json.loads(ran.stdout)
        assert ran.returncode == (0 if report["ok"] else 1)
        return report


def make(folder: Path, devices: str, *, units: Mapping[str, Sequence[str]]) -> WholeSite:
    """Make a site below `folder`, with everything in the log that comes before a gateway's first batch.

    Args:
        folder: an empty folder.
        devices: the device tables of `gateway.toml`.
        units: unit → the EPCs (upper-case hex) of the tags that point to it.
    """
    port = free_port()
    directory, gateway_folder = folder / "site", folder / "gateway"
    subprocess.run(xuemai("init", str(directory), "--name", NAME, "--port", str(port)), check=True, capture_output=True)
    site = load(directory)
    server = Server(directory, port, log=folder / "server.log")
    gateway_folder.mkdir()
    (gateway_folder / "gateway.toml").write_text(_gateway_toml(site, server.url) + devices, "utf-8")
    approve = _enrolment(gateway_folder)
    with Ledger(site, SystemClock()) as ledger:
        _record(ledger, "site", [*_organisations(), approve])
        if units:
            _record(ledger, "web", [draft for unit, epcs in units.items() for draft in _stock(unit, epcs)])
    return WholeSite(site, gateway_folder, server, Gateway(gateway_folder, log=folder / "gateway.log"), _token(site))


def _enrolment(gateway_folder: Path) -> Draft:
    """Make the gateway's key with the real command; the event by which an administrator approves it."""
    command = xuemai("gateway", "enroll", "--site", str(gateway_folder))
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    fields = {"key": said["key"], "vkey": said["vkey"], "producer": said["gateway"], "proof": said["proof"]}
    return Draft(kinds.KeyAdded, fields)


def _organisations() -> list[Draft]:
    names = {CENTRE: "blood_centre", HOSPITAL: "hospital"}
    places = {FRIDGE: (CENTRE, "store"), BENCH: (CENTRE, None), WARD: (HOSPITAL, "ward")}
    return [
        *(
            Draft(kinds.OrganisationAdded, {"organisation": each, "role": role, "name_zh": each, "name_en": each})
            for each, role in names.items()
        ),
        *(
            Draft(
                kinds.PlaceAdded,
                {"place": place, "organisation": owner, "name_zh": place, "name_en": place, "phase": phase},
            )
            for place, (owner, phase) in places.items()
        ),
    ]


def _stock(unit: str, epcs: Sequence[str]) -> list[Draft]:
    expires = format_instant(SystemClock().now_ms() + 30 * DAY_MS)
    opening = Draft(kinds.Opening, {"unit": unit, "abo": "O", "rhd": "positive", "expires": expires, "place": BENCH})
    tags = [Draft(kinds.TagAssociated, {"unit": unit, "tag": f"tag:{epc}", "place": BENCH}) for epc in epcs]
    return [opening, *tags]


def _record(ledger: Ledger, stream: str, drafts: Sequence[Draft]) -> None:
    answer = ledger.record("web" if stream == "web" else "site", drafts)
    assert not isinstance(answer, Refused), answer


def _token(site: Site) -> str:
    accounts = Accounts(site.accounts_db)
    now_ms = SystemClock().now_ms()
    try:
        auditor = accounts.add_user(
            "auditor", printed_name="auditor", organisation=None, roles={"auditor"}, actor=LOCAL, now_ms=now_ms
        )
        return accounts.issue_token(
            auditor.person, label="test", roles={"auditor"}, expires_ms=now_ms + DAY_MS, actor=LOCAL, now_ms=now_ms
        )
    finally:
        accounts.close()


def _gateway_toml(site: Site, url: str) -> str:
    return f"""[gateway]
name = "{GATEWAY}"
origin = "{site.origin}"
[uplink]
url = "{url}"
receipt_key = "{format_vkey(site.verifier("receipt"))}"
log_keys = ["{format_vkey(site.verifier("log"))}"]
checkpoint_seconds = 1
"""
