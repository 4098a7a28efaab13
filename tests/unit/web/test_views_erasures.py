"""Two persons erase an event on the page: one asks, the other confirms, and everything is said and audited."""

import pytest

from ledger.app import services_of
from ledger.core import kinds
from ledger.fsck import examine
from ledger.read.erasures import ErasedEvent, erased_events
from ledger.read.reader import reading
from tests.browser.world import CELLS, FRIDGE, PASSWORD, World
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor

REASON = "a court's order"


def erased(world: World) -> tuple[ErasedEvent, ...]:
    with reading(world.site) as reader:
        return erased_events(reader, limit=9)


@pytest.fixture
def world(world: World) -> World:
    """The site with a unit in stock, and a sighting."""
    gateway = Gateway("gw-centre", origin=world.site.origin, site_name=world.site.name)
    introduce(world.ledger, gateway)
    world.claim(0, "tech.lin", kinds.Opening, unit=CELLS, place=FRIDGE)
    world.claim(0, "tech.lin", kinds.Quarantined, unit=CELLS, reason="the name of a donor")
    seen = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": FRIDGE}
    world.ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", seen)))
    return world


def filled(**changes: str) -> dict[str, str]:
    fields = {"stream": "web", "seq": "2", "what": "body", "reason": REASON}
    signed = {"password": PASSWORD, "colleague": "admin.zhou", "colleague_password": PASSWORD}
    return {**fields, **signed, **changes}


@pytest.mark.parametrize(("first", "second"), [("quality.xu", "admin.zhou"), ("admin.zhou", "quality.xu")])
def test_a_quality_officer_asks_and_an_administrator_confirms_whoever_is_signed_in(
    world: World, visitor: Visitor, first: str, second: str
) -> None:
    person = visitor.signed_in(first)
    assert "Nothing so far." in person.get("/erasures").text
    fields = filled(colleague=second)
    assert person.post("/erasures", **fields).status_code == 303
    (done,) = erased(world)
    asked, confirmed = world.people["quality.xu"].person, world.people["admin.zhou"].person
    assert (done.stream, done.seq, done.what, done.reason) == ("web", int(fields["seq"]), "body", REASON)
    assert (done.by, done.second, done.pending) == (asked, confirmed, False)
    shown = person.get("/erasures").text
    assert f'data-erased="web {done.seq}"' in shown
    assert "a court&#39;s order" in shown
    entry = next(each for each in services_of(world.app).accounts.audit(limit=20) if each.action == "event_erase")
    assert f"body web {done.seq}" in str(entry)
    row = next(each for each in person.get(f"/units/{CELLS}").text.split("<tr ") if "#2<" in each)
    assert "erased on" in row
    assert "not known any more" in row, "who did it went with the bytes"
    again = person.post("/erasures", **fields)
    assert (again.status_code, 'data-rule="erasure.done"' in again.text) == (422, True)
    assert examine(world.site).ok


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"password": "wrong password"}, "own-signature"),
        ({"colleague": "nobody"}, "person.unknown"),
        ({"colleague": "quality.xu"}, "two-persons"),
        ({"colleague_password": "wrong password"}, "person.signature"),
        ({"colleague": "quality.he"}, "erasure.persons"),
        ({"colleague": "tech.lin"}, "erasure.persons"),
        ({"stream": "site", "seq": "1"}, "erasure.protected"),
        ({"seq": "99999"}, "erasure.unknown"),
        ({"seq": "0"}, "fields"),
        ({"seq": "two"}, "fields"),
        ({"reason": ""}, "fields"),
    ],
)
def test_what_must_not_be_erased_is_refused_with_its_rule_and_what_was_typed_stays(
    world: World, visitor: Visitor, changes: dict[str, str], rule: str
) -> None:
    officer = visitor.signed_in("quality.xu")
    refused = officer.post("/erasures", **filled(**changes))
    assert (refused.status_code, f'data-rule="{rule}"' in refused.text) == (422, True), refused.text[:3000]
    assert f'value="{changes.get("stream", "web")}"' in refused.text
    assert PASSWORD not in refused.text
    assert erased(world) == ()


def test_a_gateways_event_is_pending_until_the_gateway_says_that_it_is_gone(world: World, visitor: Visitor) -> None:
    officer = visitor.signed_in("quality.xu")
    assert officer.post("/erasures", **filled(stream="gw-centre/1/c", seq="1")).status_code == 303
    assert [each.pending for each in erased(world)] == [True]
    assert "has not confirmed yet" in officer.get("/erasures").text


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("login", ["tech.lin", "hospital.wu", "lab.chen"])
def test_nobody_else_sees_the_page(visitor: Visitor, login: str) -> None:
    other = visitor.signed_in(login)
    assert other.get("/erasures").status_code == 403
    assert 'href="/erasures"' not in other.get("/").text
