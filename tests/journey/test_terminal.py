"""A station whose server is down: its people do at the terminal what they do on the pages, by the same rules."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import xuemai
from ledger.append import Draft
from ledger.clock import SIMULATED_CLOCK_BYTES
from ledger.config import CONFIG_NAME, load
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.browser import world as story
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, HOSPITAL, HOUR_MS, LAB, PANEL, PASSWORD, ROOM, WARD, World
from tests.journey.test_evidence import FILE
from tests.support.producers import NOON_MS, Gateway, declare, introduce
from tests.support.supplying import DX1, FX1, red, stocked

WHOLE, RED = (f"unit:A999926000007.A000{number}V00" for number in (1, 2))
GROUP = {"abo": "A", "rhd": "positive"}
EXPIRES = format_instant(NOON_MS + 30 * 24 * HOUR_MS)


@dataclass
class Terminal:
    """The terminal of a site whose server does not run; its clock stands where the story is."""

    directory: Path

    def at(self, hours: float) -> str:
        """The instant so many hours into the story; the clock goes there."""
        at_ms = NOON_MS + round(hours * HOUR_MS)
        (self.directory / "clock").write_bytes(at_ms.to_bytes(SIMULATED_CLOCK_BYTES, "little"))
        return format_instant(at_ms)

    def run(self, *arguments: str, given: object = "", signatures: int = 1) -> tuple[int, Any]:
        """Run a command with a file, and so many passwords typed; the exit code, and what was printed or complained."""
        told = given if isinstance(given, str) else json.dumps(given)
        file = self.directory / "given"
        file.write_text(told, "utf-8")
        words = [str(file) if each == "FILE" else each for each in arguments]
        typed = f"{PASSWORD}\n" * signatures
        answer = CliRunner().invoke(xuemai.main, [*words, "--site", str(self.directory)], input=typed)
        return answer.exit_code, json.loads(answer.stdout) if answer.exit_code in {0, 3} else answer.stderr

    def step(self, kind: str, login: str, *fields: dict[str, object], signatures: int = 1, **more: object) -> list[Any]:
        """A step that is taken; its events."""
        code, told = self.run(
            *("step", kind, "FILE", "--by", login), given={"fields": fields, **more}, signatures=signatures
        )
        assert code == 0, told
        events: list[Any] = told["events"]
        return events

    def refused(self, *arguments: str, given: object = "", signatures: int = 1) -> str:
        """A command that is not taken; the rule that it names."""
        code, told = self.run(*arguments, given=given, signatures=signatures)
        assert code == 1, told
        assert told.count("xuemai ") == 1, told
        said: str = told.partition("xuemai ")[2]
        return said

    def state(self, unit: str) -> str:
        with reading(load(self.directory)) as reader:
            found = reader.summary(unit)
        assert found is not None
        return found.state


def closed(world: World) -> Terminal:
    """The server stops, and its simulated clock is a file."""
    world.ledger.close()
    with (world.site.directory / CONFIG_NAME).open("a", encoding="utf-8") as file:
        file.write('\n[demo]\nclock = "clock"\n')
    return Terminal(world.site.directory)


def donate(terminal: Terminal) -> None:
    """A donation becomes a bag of red cells in the fridge."""
    terminal.at(0)
    donor = "person:" + "ab" * 16
    terminal.step("collected", "tech.lin", {"unit": WHOLE, "donor": donor, "volume_ml": 400, "place": ROOM})
    terminal.at(0.1)
    children = [{"unit": RED, "expires": EXPIRES, "volume_ml": 280}]
    terminal.step("prepared", "tech.lin", {"parents": [WHOLE], "children": children, "place": LAB})
    label = {**GROUP, "expires": EXPIRES, "place": LAB}
    terminal.step("labelled", "tech.lin", {"unit": RED, **label})
    terminal.at(0.2)
    assert len(terminal.step("stored", "tech.lin", {"unit": RED, "place": FRIDGE})) == 1


def assess(terminal: Terminal, tmp_path: Path) -> None:
    """Two officers assess the bag by a logger's file; what cannot be said is refused."""
    (tmp_path / "logger.csv").write_bytes(FILE)
    files = [{"what": "logger_file", "file": str(tmp_path / "logger.csv")}]
    terminal.step("quarantined", "quality.xu", {"unit": RED, "reason": "the door stood open"})
    judged = {"unit": RED, "outcome": "fit", "second": "quality.he"}
    [event] = terminal.step("assessed", "quality.xu", judged, evidence=files, signatures=2)
    with reading(load(terminal.directory)) as reader:
        [kept] = [each.event for each in reader.told(RED) if isinstance(each.event, kinds.Assessed)]
    assert (kept.seq, [each.octets for each in kept.evidence]) == (event["seq"], [len(FILE)])
    assert kept.second != kept.by
    unfit = [judged | {"second": "tech.lin"}]
    told = terminal.refused("step", "assessed", "FILE", "--by", "quality.xu", given=unfit, signatures=2)
    assert "assessment.persons: " in told
    lost = [{"what": "logger_file", "file": str(tmp_path / "lost.csv")}]
    given = {"fields": [judged], "evidence": lost}
    assert "evidence: " in terminal.refused("step", "assessed", "FILE", "--by", "quality.xu", given=given)
    for kind, what, said in (
        ("stored", {"fields": [{"unit": RED, "place": FRIDGE}], "evidence": files}, "rests on no file"),
        ("stored", {"fields": [{"unit": RED, "place": FRIDGE}], "keep_tag": True}, "keep_tag"),
        ("stored", {"fields": [{"unit": RED}]}, "fields: place"),
        ("stored", {"unit": RED}, "expected an object with fields"),
        ("ordered", [{}], "there is no step"),
        ("nonsense", [{}], "there is no step"),
    ):
        assert said in terminal.refused("step", kind, "FILE", "--by", "tech.lin", given=what)


def test_from_vein_to_batch_release_and_an_assessment_with_its_file(tmp_path: Path) -> None:
    with story.opened(tmp_path / "site") as world:
        centre = Gateway("gw-centre")
        introduce(world.ledger, centre)
        story._readings(world, centre, FRIDGE, 0.1, 2)
        terminal = closed(world)
    donate(terminal)
    terminal.at(2)
    code, told = terminal.run("release-batch", "0815", RED)
    assert (code, told["refusal"], told["fit"]) == (3, "batch.unaccounted", [])
    result = {"din": "din:A999926000007", "overall": "fit", **GROUP, "panel": PANEL, "place": LAB}
    assert "role: " in terminal.refused("step", "tested", "FILE", "--by", "quality.xu", given=[result])
    terminal.step("tested", "lab.chen", result)
    assert terminal.run("release-batch", "0815", RED)[0] == 0
    release = ("release-batch", "0815", RED, "--by", "quality.xu", "--second")
    assert "two-persons" in terminal.refused(*release, "quality.xu", signatures=2)
    code, told = terminal.run(*release, "quality.he", signatures=2)
    assert code == 0, told
    assert [each["kind"] for each in told["events"]] == ["released", "batch_released"]
    assert terminal.state(RED) == "available"
    assess(terminal, tmp_path)
    assert examine(load(terminal.directory)).ok


def dispose(terminal: Terminal, place: str, two: list[str]) -> None:
    """Two bags are asked for, approved by another, counted and handed over."""
    asked = [{"unit": unit, "code": "broken"} for unit in two]
    terminal.step("discard_requested", "tech.lin", *asked)
    hand_over = ("discard", "hand-over", "FILE", "--by", "tech.lin", "--place")
    assert "discard.counted" in terminal.refused(*hand_over, place, given="\n".join(two))
    terminal.step("discard_approved", "quality.xu", *({"unit": unit} for unit in two))
    assert "set apart for disposal" in terminal.refused(*hand_over, FRIDGE, given="\n".join(two))
    assert "discard.counted" in terminal.refused(*hand_over, place, given=red(1))
    _, told = terminal.run(*hand_over, place, "--number", "D-7", given="\n".join(two))
    assert sorted(each["kind"] for each in told["events"]) == ["discarded", "discarded", "stock_taken"]


def test_boxes_probes_stock_and_disposal_at_the_terminal(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        apart = {"place": "place:centre/disposal", "organisation": CENTRE, "use": "disposal"}
        declare(world.ledger, Draft(kinds.PlaceAdded, {**apart, "name_zh": "报废区", "name_en": "Disposal"}))
        terminal = closed(world)
    since = terminal.at(1)
    hangs = ("probe", "place", "probe:b-12", BOX, "--since", since, "--by", "tech.lin")
    assert [terminal.run(*hangs)[1]["repeated"] for _ in range(2)] == [False, True]
    word = {"probe": "probe:b-12", "place": BOX, "since": since}
    assert terminal.run("probe", "list", "--holder", CENTRE) == terminal.run("probe", "list") == (0, {"said": [word]})
    still = ("agitation", "report", FRIDGE, "stopped", "--since", since, "--by")
    assert "place.foreign" in terminal.refused(*still, "hospital.wu")
    assert "agitation.report" in terminal.refused(*still, "lab.chen")
    assert terminal.run(*still, "tech.lin")[1]["events"][0]["kind"] == "agitation_stopped"
    assert terminal.run("agitation", "list")[1]["said"] == [{"place": FRIDGE, "runs": False, "since": since}]
    assert terminal.run("agitation", "list", "--holder", HOSPITAL)[1]["said"] == []

    two = [red(1), red(2)]
    terminal.step("packed", "tech.lin", {"box": BOX, "units": two, "probe": "probe:b-12", "place": FRIDGE})
    terminal.step("sealed", "tech.lin", {"box": BOX, "units": two, "seal": "S-9"})
    [box] = terminal.run("box", "list")[1]["boxes"]
    assert (box["box"], box["state"], box["seal"], len(box["contents"])) == (BOX, "sealed", "S-9", 2)
    assert terminal.run("box", "list", "--holder", HOSPITAL)[1]["boxes"] == []
    terminal.step("unpacked", "tech.lin", {"box": BOX, "units": two, "place": FRIDGE})

    whole = "\n".join(red(number) for number in range(1, 7))
    take = ("stock", "take", "FILE", "--place", FRIDGE)
    code, looked = terminal.run(*take, given=whole)
    assert (code, looked["agrees"], looked["missing"]) == (0, True, [])
    assert terminal.run(*take, given=red(1))[0] == 3
    sign = (*take, "--by", "tech.lin", "--looked-at", looked["looked_at"])
    assert "stocktake.changed" in terminal.refused(*sign, given=red(1))
    foreign = ("stock", "take", "FILE", "--place", FRIDGE, "--by", "hospital.wu", "--looked-at", looked["looked_at"])
    assert "stocktake.place" in terminal.refused(*foreign, given=whole)
    assert terminal.run(*sign, given=whole)[1]["events"][0]["kind"] == "stock_taken"

    dispose(terminal, apart["place"], two)
    assert terminal.state(red(1)) == "discarded"
    assert examine(load(terminal.directory)).ok


def goes_back(terminal: Terminal) -> None:
    """A bag goes back to the station, where two persons decide what the pack leaves to them."""
    back = ("returns", "send", red(2), "--to", CENTRE, "--place", BANK, "--by", "hospital.wu")
    assert "return.code" in terminal.refused(*back)
    _, told = terminal.run(*back, "--code", "not-needed")
    assert told == {"dispatch_note": "consignment:TX-2026-000001", "units": [red(2)]}
    terminal.at(9)
    take = ("returns", "take", "TX-2026-000001", "--place", FRIDGE, "--seal", "intact", "--by", "tech.lin")
    assert "such as unit" in terminal.refused(*take, f"{red(2)}=maybe")
    assert "two-persons" in terminal.refused(*take, f"{red(2)}=accepted", "--reason", "cold")
    code, told = terminal.run(*take, f"{red(2)}=accepted", "--reason", "cold", "--second", "quality.he", signatures=2)
    assert (code, told["outcomes"]) == (0, {red(2): "accepted"})


def test_from_the_couriers_hands_to_the_patient_and_back_to_the_station(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        terminal = closed(world)
    terminal.at(1.1)
    line = ("order", "place", "RBC_AS A+ 4 U", "--for", HOSPITAL, "--from", CENTRE)
    terminal.run(*line, "--wanted-by", "2026-03-02T12:00:00.000Z", "--by", "hospital.wu")
    terminal.run("order", "allocate", DX1, f"{red(1)}=1", f"{red(2)}=1", "--by", "tech.lin")
    terminal.run("order", "check", DX1, red(1), red(2), "--by", "tech.ma")
    assert terminal.run("order", "send", DX1, "--place", FRIDGE, "--by", "tech.lin")[0] == 0
    passes = ("hand-over", FX1, "--courier", "courier.tang", "--place", FRIDGE, "--by", "tech.lin", "--to", "courier")
    assert terminal.run(*passes)[0] == 1, "the courier signs, too"
    assert terminal.run(*passes, signatures=2) == (0, {"dispatch_note": FX1, "passes": "to_courier"})
    assert "pass." in terminal.refused(*passes, signatures=2), "it passed already"
    assert "expected a dispatch note" in terminal.refused("hand-over", "no note", *passes[2:], signatures=2)
    terminal.at(1.5)
    came = {"dispatch_note": FX1, "units": [red(1), red(2)], "outcome": "accepted", "place": BANK}
    terminal.step("received", "hospital.wu", came)

    patient, ward = {"patient": story.PATIENT}, {"place": WARD}
    issued = {"unit": red(1), **patient, "collector": "ward.qian", **ward}
    terminal.step("crossmatched", "hospital.wu", {"unit": red(1), **patient, "result": "compatible"})
    terminal.at(1.6)
    terminal.step("issued", "hospital.wu", issued, signatures=2)
    terminal.at(1.7)
    terminal.step("bedside_checked", "hospital.wu", {"unit": red(1), **patient, "second": "ward.qian"}, signatures=2)
    terminal.step("transfused", "hospital.wu", {"unit": red(1), **patient})
    terminal.at(2)
    terminal.step("reaction", "hospital.wu", {"unit": red(1), **patient, "severity": "mild"})
    terminal.step("bag_returned", "hospital.wu", {"unit": red(1)})
    assert terminal.state(red(1)) == "transfused"
    goes_back(terminal)
    assert terminal.state(red(2)) == "pending"
    assert examine(load(terminal.directory)).ok
