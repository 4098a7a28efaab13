"""The page on which a logger's file is judged: the answer in words, what is wrong with the form, and nothing kept."""

import re

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ledger.read.logger_files import MOST_OCTETS
from ledger.read.reader import reading
from ledger.store.tables import evidence
from tests.browser.world import World
from tests.unit.web.conftest import Visitor

HEAD = "time,celsius\n"
WARM = f"{HEAD}2026-03-02 08:00,5.5\n2026-03-02 08:05,8\n2026-03-02 08:10,5.5\n2026-03-02 08:40,5.5\n"
STORE = {"component": "RBC_AS", "phase": "store", "pack": "us", "before": ""}


def sent(visitor: Visitor, text: str | bytes, **changed: str) -> TestResponse:
    """Send the form as a browser does; the client's own way would leave a long file open behind it."""
    octets = text.encode() if isinstance(text, str) else text
    fields = {"csrf_token": visitor.token("/logger"), **STORE, **changed}
    named = (f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items())
    parts = [*named, b'name="file"; filename="logger.csv"\r\n\r\n' + octets]
    body = b"".join(b"--part\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--part--\r\n"
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    return visitor.client.post("/logger", data=body, content_type="multipart/form-data; boundary=part", headers=headers)


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize("login", ["tech.lin", "quality.he", "hospital.wu"])
def test_whoever_may_see_a_cold_chain_finds_the_page_and_its_answer(visitor: Visitor, login: str) -> None:
    visitor.signed_in(login)
    assert 'href="/logger"' in visitor.get("/").text
    answer = sent(visitor, WARM)
    assert answer.status_code == 200
    assert 'data-verdict="out"' in answer.text
    said = words(answer)
    assert "out of range: above the limit" in said
    assert "Out of range for 5 min (between 5.5 °C and 8.0 °C)" in said
    assert "20 min cannot be judged" in said
    assert "1.0 °C to 6.0 °C (read in its source)" in said
    assert "US 2026.1" in said
    assert "longer out of range than the pack lets pass: quarantine" in said
    assert "4 readings" in said
    assert "Beijing time" in said
    assert 'data-return="' not in answer.text, "nobody asked for it back from a refrigerator"
    assert answer.text.count("<svg viewBox") > 2, "drawn for wide and for narrow pages"


def test_the_drawing_bridges_no_gap(visitor: Visitor) -> None:
    drawn = sent(visitor.signed_in("quality.he"), WARM).text
    [line] = set(re.findall(r'<path class="t-line good" d="([^"]+)"', drawn.partition('id="small-title"')[0]))
    assert line.count("L") == 2, "three readings in a row; the fourth, half an hour later, stands alone"
    assert '<circle class="t-dot"' in drawn


def test_what_the_logger_said_in_place_of_a_temperature_is_in_no_line(visitor: Visitor) -> None:
    faulty = f"{HEAD}2026-03-02 08:00,5\n2026-03-02 08:05,5\n2026-03-02 08:06,85\n2026-03-02 08:07,5\n"
    answer = sent(visitor.signed_in("quality.he"), faulty)
    assert "cannot be judged: the probe was faulty" in words(answer)
    assert "5.0 °C to 5.0 °C" in words(answer)
    assert answer.text.partition('id="small-title"')[0].count('<circle class="t-dot"') == 1


def test_a_spell_out_of_control_is_answered_with_the_packs_rule(visitor: Visitor) -> None:
    visitor.signed_in("hospital.wu")
    spell = f"{HEAD}2026-03-02 08:00,5\n2026-03-02 08:10,9\n"
    asked = {"pack": "uk", "phase": "uncontrolled"}
    first, second = sent(visitor, spell, **asked), sent(visitor, spell, **asked, before="1")
    assert "in range" in words(first)
    assert "Back into stock yes" in words(first)
    assert "1.0 °C to 10.0 °C, at most 5 h, once (read in its source)" in words(first)
    assert "no it was out of control too often" in words(second)


def test_an_excursion_that_a_person_may_accept_is_named(visitor: Visitor) -> None:
    visitor.signed_in("quality.he")
    warm = f"{HEAD}2026-03-02 08:00,5\n2026-03-02 08:10,9\n2026-03-02 08:20,5\n"
    assert "A person may accept Storage, 1.0 °C to 10.0 °C, at most 5 h, once" in words(sent(visitor, warm, pack="uk"))
    assert "A person may accept nothing that the pack names" in words(sent(visitor, warm, pack="cn"))
    assert "A person may accept not to be said" in words(sent(visitor, WARM, pack="uk")), "it has a hole"


def test_a_pack_that_is_silent_says_so(visitor: Visitor) -> None:
    answer = sent(visitor.signed_in("quality.he"), WARM, pack="eu", phase="transport")
    assert "cannot be judged: the policy pack has no limits here" in words(answer)


def test_the_pack_in_force_is_chosen_first_with_its_components(world: World, visitor: Visitor) -> None:
    with reading(world.site) as reader:
        in_force = reader.pack
    form = visitor.signed_in("quality.he").get("/logger").text
    assert f'<option value="{in_force.name}" selected>' in form
    own, _, others = form.partition('<optgroup label="In other packs alone">')
    assert 'value="RBC_AS"' in own
    assert 'value="PLASMA_LIQUID"' in others
    assert sent(visitor, WARM, pack="").status_code == 200, "none named: the one in force"


def test_a_file_without_readings_and_one_with_a_single_one_are_answered(visitor: Visitor) -> None:
    visitor.signed_in("quality.he")
    assert "has no reading" in words(sent(visitor, HEAD))
    assert "1 reading ·" in words(sent(visitor, f"{HEAD}2026-03-02 08:00,5\n"))


@pytest.mark.parametrize(
    ("text", "changed", "said"),
    [
        (b"", {}, "Choose the file."),
        (b"%PDF-1.7 ...", {}, "Nothing can be read from a PDF"),
        (b"time,celsius\nyesterday,4\n", {}, "line 2: time: expected one such as 2026-03-02T08:00:00Z"),
        (b"time,celsius\n" + b"\n" * MOST_OCTETS, {}, "A file of at most 1 MB is judged"),
        (WARM.encode(), {"component": ""}, "Choose the component."),
        (WARM.encode(), {"component": "RBCS"}, "component: expected one that pack us knows"),
        (WARM.encode(), {"phase": "fridge"}, "Say where the bags and the logger were."),
        (WARM.encode(), {"pack": "/etc/secret.toml"}, "pack: expected one of"),
        (WARM.encode(), {"before": "1e3"}, "Expected a number from 0 to 1000."),
        (WARM.encode(), {"before": "1001"}, "Expected a number from 0 to 1000."),
    ],
)
def test_what_cannot_be_judged_is_marked_and_what_was_chosen_stays(
    visitor: Visitor, text: bytes, changed: dict[str, str], said: str
) -> None:
    answer = sent(visitor.signed_in("quality.he"), text, **changed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'aria-invalid="true"' in answer.text
    assert "data-verdict" not in answer.text
    if "phase" not in changed:
        assert '<option value="store" selected>' in answer.text


def test_nothing_is_kept_and_nothing_is_recorded(world: World, visitor: Visitor) -> None:
    visitor.signed_in("quality.he")
    before = world.ledger.size
    assert sent(visitor, WARM).status_code == 200
    assert world.ledger.size == before
    with reading(world.site) as reader:
        assert reader.connection.scalar(select(func.count()).select_from(evidence)) == 0


def test_nobody_asks_without_signing_in(visitor: Visitor) -> None:
    assert visitor.get("/logger").status_code == 302


def test_what_a_file_says_is_never_markup(visitor: Visitor) -> None:
    answer = sent(visitor.signed_in("quality.he"), "<script>alert(1)</script>,celsius\nx,4\n")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
