"""Where probes hang and whether agitators run, said and told over HTTP."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.append import Ledger
from ledger.core.ids import format_instant
from ledger.fsck import examine
from tests.unit.ledger.api.world import NOW, Bearers

ROOM, BANK, PROBE = "place:centre/cold-room", "place:h1/bank", "probe:centre/f-07"
HOUR = 3_600_000
EARLIER = format_instant(NOW - HOUR)


@pytest.fixture
def say(client: FlaskClient, as_user: Bearers) -> Any:
    def post(who: str, address: str, **said: object) -> TestResponse:
        return client.post(address, data=json.dumps(said), headers=as_user(who))

    return post


def test_where_a_probe_hangs_is_said_once_however_often_it_is_sent(
    client: FlaskClient, as_user: Bearers, say: Any, ledger: Ledger
) -> None:
    about = {"probe": PROBE, "place": ROOM, "time": EARLIER}
    first = say("technician", "/v1/probes", **about).get_json()
    [event] = first["events"]
    assert (event["kind"], event["time"], event["stream"], first["repeated"]) == (
        "probe_placed",
        EARLIER,
        "site",
        False,
    )
    size = ledger.size
    again = say("quality", "/v1/probes", **about).get_json()
    assert (again["repeated"], again["events"], ledger.size) == (True, [event], size)
    out = say("technician", "/v1/probes", probe=PROBE, time=EARLIER).get_json()
    assert (out["repeated"], "place" in out["events"][0]["event"]) == (False, False)
    back = say("technician", "/v1/probes", **about).get_json()
    assert not back["repeated"], "it is the last word for an instant that counts"
    told = client.get("/v1/probes", headers=as_user("technician")).get_json()
    assert [(each["place"], each["since"]) for each in told["said"]] == [
        (ROOM, EARLIER),
        (None, EARLIER),
        (ROOM, EARLIER),
    ]
    ledger.close()
    assert examine(ledger.site).ok


def test_what_is_said_of_agitators_is_told_to_their_own(client: FlaskClient, as_user: Bearers, say: Any) -> None:
    assert say("technician", "/v1/agitation", place=ROOM, says="stopped", time=EARLIER).status_code == 200
    now = format_instant(NOW)
    [resumed] = say("technician", "/v1/agitation", place=ROOM, says="resumed", time=now).get_json()["events"]
    assert resumed["kind"] == "agitation_resumed"
    assert say("technician", "/v1/agitation", place=ROOM, says="resumed", time=now).get_json()["repeated"]
    told = client.get("/v1/agitation", headers=as_user("quality")).get_json()["said"]
    assert told == [
        {"place": ROOM, "runs": True, "since": now},
        {"place": ROOM, "runs": False, "since": EARLIER},
    ]
    assert client.get("/v1/agitation", headers=as_user("hospital")).get_json()["said"] == []
    assert len(client.get("/v1/agitation", headers=as_user("administrator")).get_json()["said"]) == 2


def test_nobody_hears_of_another_organisations_probe_nor_moves_it(
    client: FlaskClient, as_user: Bearers, say: Any
) -> None:
    say("technician", "/v1/probes", probe=PROBE, place=ROOM, time=EARLIER)
    assert client.get("/v1/probes", headers=as_user("hospital")).get_json()["said"] == []
    say("hospital", "/v1/probes", probe="probe:h1/1", place=BANK, time=EARLIER)
    assert [each["place"] for each in client.get("/v1/probes", headers=as_user("hospital")).get_json()["said"]] == [
        BANK
    ]
    assert len(client.get("/v1/probes", headers=as_user("administrator")).get_json()["said"]) == 2
    later = format_instant(NOW)
    refused = say("hospital", "/v1/probes", probe=PROBE, time=later)
    assert (refused.status_code, refused.get_json()["step"]) == (422, "probe.foreign")


@pytest.mark.parametrize(
    ("address", "said", "rule"),
    [
        ("/v1/probes", {"probe": PROBE, "place": "place:nowhere", "time": EARLIER}, "place.unknown"),
        ("/v1/probes", {"probe": PROBE, "place": BANK, "time": EARLIER}, "place.foreign"),
        ("/v1/probes", {"probe": PROBE, "place": ROOM, "time": format_instant(NOW + 1)}, "time.ahead"),
        ("/v1/probes", {"probe": PROBE, "place": ROOM}, "fields"),
        ("/v1/probes", {"probe": "f-07", "place": ROOM, "time": EARLIER}, "fields"),
        ("/v1/agitation", {"place": ROOM, "says": "maybe", "time": EARLIER}, "fields"),
        ("/v1/agitation", {"place": BANK, "says": "stopped", "time": EARLIER}, "place.foreign"),
        ("/v1/agitation", {"place": ROOM, "says": "stopped", "time": format_instant(NOW + 1)}, "time.ahead"),
    ],
)
def test_what_cannot_be_is_refused_with_its_rule(
    say: Any, ledger: Ledger, address: str, said: dict[str, str], rule: str
) -> None:
    size = ledger.size
    answer = say("technician", address, **said)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert (answer.get_json()["step"], ledger.size) == (rule, size)


def test_who_may_not_say_it_is_kept_from_it(say: Any) -> None:
    for address, said in (
        ("/v1/probes", {"probe": PROBE, "place": ROOM, "time": EARLIER}),
        ("/v1/agitation", {"place": ROOM, "says": "stopped", "time": EARLIER}),
    ):
        for who in ("laboratory", "auditor"):
            assert say(who, address, **said).status_code == 403
