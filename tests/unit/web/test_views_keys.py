"""An administrator's keys: every change is signed with the own password, and stands in the log and in the audit."""

import json

import pytest

from ledger.app import services_of
from ledger.core import kinds
from ledger.fsck import examine
from ledger.read.keys import KeyStanding, key_standings
from ledger.read.reader import reading
from tests.browser.world import PASSWORD, World
from tests.support.golden import RED
from tests.support.producers import Gateway
from tests.unit.web.conftest import Visitor

SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}


@pytest.fixture
def admin(world: World, visitor: Visitor) -> Visitor:
    del world
    return visitor.signed_in("admin.zhou")


def enrolled(world: World, admin: Visitor) -> Gateway:
    gateway = Gateway("gw-new", origin=world.site.origin, site_name=world.site.name)
    fields = gateway.introduction().fields
    text = json.dumps({"gateway": gateway.name, "vkey": gateway.vkey, "key": gateway.key_id, "proof": fields["proof"]})
    assert admin.post("/gateways", enrolment=text, approve="yes").status_code == 303
    return gateway


def standing(world: World, producer: str) -> list[KeyStanding]:
    with reading(world.site) as reader:
        return [each for each in key_standings(reader) if each.producer == producer]


def test_a_stolen_gateway_is_revoked_with_what_it_signed_before(world: World, admin: Visitor) -> None:
    gateway = enrolled(world, admin)
    for _ in range(3):
        world.ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", SEEN)))
    address = f"/keys/{gateway.key_id[4:]}"
    shown = admin.get(address).text
    assert 'name="last_good.gw-new/1/c" inputmode="numeric" required value="3"' in shown
    fields = {"last_good.gw-new/1/c": "2", "reason": "stolen"}
    refused = admin.post(address, **fields, password="wrong password")
    assert (refused.status_code, 'data-rule="own-signature"' in refused.text) == (422, True)
    assert not standing(world, "gw-new")[0].revoked
    assert 'value="2"' in refused.text, "what was typed stays"
    assert admin.post(address, **fields, password=PASSWORD).status_code == 303
    (mine,) = standing(world, "gw-new")
    assert (mine.revoked, mine.last_good) == (True, {"gw-new/1/c": 2})
    done = [entry.action for entry in services_of(world.app).accounts.audit(limit=20)]
    assert "key_revoke" in done
    assert admin.post(address, **(fields | {"last_good.gw-new/1/c": "two"}), password=PASSWORD).status_code == 422


def test_the_sites_own_keys_are_replaced_on_the_page(world: World, admin: Visitor) -> None:
    assert admin.post("/keys", name="web", act="rotate", password="wrong password").status_code == 422
    assert len(standing(world, "web")) == 1
    for name in ("web", "site", "log", "receipt"):
        assert admin.post("/keys", name=name, act="rotate", password=PASSWORD).status_code == 303, name
    assert [each.revoked for each in standing(world, "web")] == [True, False]
    assert "Retire the old key" in admin.get("/keys").text
    assert admin.post("/keys", name="log", act="retire", password=PASSWORD).status_code == 303
    refused = admin.post("/keys", name="log", act="retire", password=PASSWORD)
    assert 'data-rule="log-keys"' in refused.text
    assert admin.post("/keys", name="web", act="retire", password=PASSWORD).status_code == 400
    world.ledger.sign_checkpoint()
    assert examine(world.site).ok


def test_a_revocation_that_would_take_the_sites_next_key_along_is_refused_with_the_reason(
    world: World, admin: Visitor
) -> None:
    first = standing(world, "site")[0].key
    assert admin.post("/keys", name="site", act="rotate", password=PASSWORD).status_code == 303
    before = standing(world, "site")
    refused = admin.post(f"/keys/{first[4:]}", **{"last_good.site": "3", "reason": "stolen"}, password=PASSWORD)
    assert (refused.status_code, 'data-rule="keys"' in refused.text) == (422, True)
    assert "added the site&#39;s next key" in refused.text
    assert standing(world, "site") == before


def test_a_gateway_goes_on_after_a_fork_under_a_new_epoch(world: World, admin: Visitor) -> None:
    fields = {"gateway": "gw-new", "epoch": "2", "reason": "the disk was cloned"}
    assert admin.post("/keys/resume", page="/keys", **fields, password="wrong password").status_code == 422
    assert admin.post("/keys/resume", page="/keys", **(fields | {"epoch": "0"}), password=PASSWORD).status_code == 422
    assert admin.post("/keys/resume", page="/keys", **fields, password=PASSWORD).status_code == 303
    with reading(world.site) as reader:
        last = reader.history.of_stream("site")[-1]
    assert last.kind == "stream_resumed"


def test_keys_are_for_administrators(world: World, visitor: Visitor) -> None:
    technician = visitor.signed_in("tech.lin")
    assert technician.get("/keys").status_code == 403
    assert technician.get(f"/keys/{standing(world, 'web')[0].key[4:]}").status_code == 403


def test_there_is_no_page_of_a_key_that_the_log_has_not(admin: Visitor) -> None:
    assert admin.get("/keys/" + "0" * 64).status_code == 404
    assert admin.get(f"/keys/{RED}").status_code == 404
