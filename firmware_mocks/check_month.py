"""The verdict on the four weeks before the played day: each occasion on its page, and figures that make sense.

Beside `check`, which judges the played day. What every bag must be in the end stands in `month`, from the script
alone; what the pages show is asked of the running ledger, as the people concerned would.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware_mocks import past_readings
from firmware_mocks.browser_forms import Browser, Page
from firmware_mocks.cast import xuemai
from firmware_mocks.donations import FIRST_DAY
from firmware_mocks.findings import Findings
from firmware_mocks.late_readings import FIRST_MS
from firmware_mocks.month import READ_UNTIL_MS, REMARKABLE
from firmware_mocks.occasions import RECALL, RETURN, take_back_of
from firmware_mocks.past_readings import PROBES
from firmware_mocks.scenarios import AFFECTED, TRANSFUSED, unit
from firmware_mocks.script import PLASMA, RED_CELLS, at
from firmware_mocks.site_plan import CENTRE, HOSPITAL, ISSUER, QUALITY, RESERVES, TECHNICIAN

FIRST_HAND_IN = f"{FIRST_DAY} 07:20"
ALL_MET = "checklist usual-1: all met"
_COMMAND_SECONDS = 60.0


def walk_round(findings: Findings, browser_of: Callable[[str], Browser]) -> None:
    """Look at the pages on which the occasions are to be seen.

    Raises:
        OSError: a page did not answer.
    """
    quality, hospital = browser_of(QUALITY), browser_of(ISSUER)
    corrected = quality.get(f"/units/{REMARKABLE.corrected.whole}")
    stands = corrected.marked("data-struck") and corrected.marked("data-stands-for")
    findings.add("the correction: struck out, and what stands for it", bool(stands), corrected.url)
    _recall(findings, quality, hospital)
    missing = hospital.get(f"/consignments/{REMARKABLE.note}/receipt")
    told = missing.marked("data-difference")
    named = REMARKABLE.missing.unit(RED_CELLS) in missing.marked("data-unit")
    findings.add("the mismatch: the note's receipt says what is missing", named and told == ["missing"], str(told))
    returned = quality.get(take_back_of(RETURN))
    named = REMARKABLE.returned.unit(RED_CELLS) in returned.marked("data-unit")
    findings.add("the return: its page names the bag that came back", named, returned.url)
    _home(findings, quality.get("/"))
    _checklists(findings, hospital)
    centre = browser_of(TECHNICIAN)
    _stock(findings, centre.get("/stock"), hospital.get("/stock"), centre.get("/stock/cover"))


def _checklists(findings: Findings, hospital: Browser) -> None:
    """Receipt and issue of the transfused bag each stand on its page with what the site's checklist was answered."""
    page = hospital.get(f"/units/{unit(TRANSFUSED, RED_CELLS)}")
    met = _text(page).count(ALL_MET)
    findings.add("the checklists of receipt and issue, answered", met == 2, f"{met} times {ALL_MET!r} on {page.url}")


def _stock(findings: Findings, centre: Page, hospital: Page, cover: Page) -> None:
    components = centre.marked("data-component")
    findings.add("the page of the stock counts every component", {"RBC_AS", "FFP"} <= set(components), str(components))
    lasts = [int(tenths) for tenths in cover.marked("data-tenths")]
    findings.add("the page of the days of cover says how long red cells last", any(lasts), str(lasts))
    told = _reserves(centre), _reserves(hospital)
    wanted = tuple({each.name for each in RESERVES if each.holder == holder} for holder in (CENTRE, HOSPITAL))
    short = [name for each in told for name, missing in each.items() if missing != "0"]
    right = tuple(map(set, told)) == wanted and len(short) == 1
    findings.add("the page of the stock shows the reserves, one of them short", right, str(short))


def _reserves(page: Page) -> dict[str, str]:
    return dict(zip(page.marked("data-reserve"), page.marked("data-shortfall"), strict=True))


def _recall(findings: Findings, quality: Browser, hospital: Browser) -> None:
    page = quality.get(f"/recall/{RECALL}")
    units = {REMARKABLE.recalled.unit(product) for product in (RED_CELLS, PLASMA)}
    shown = all(unit.removeprefix("unit:")[14:] in page.body for unit in units) and RECALL in page.marked("data-case")
    findings.add("the recall: its case names the bags that were withdrawn", shown, page.url)
    closed = [bool(at.marked("data-closed")) for at in (page, quality.get(f"/recall/{RECALL}/file"))]
    findings.add("the recall: its case is closed, on its page and in its file", all(closed), str(closed))
    listed = quality.get("/recall").marked("data-case"), hospital.get("/recall").marked("data-notice")
    findings.add(
        "the recall: listed for who leads it and for who was told", listed == ([RECALL], [RECALL]), str(listed)
    )


def _home(findings: Findings, home: Page) -> None:
    """The excursion, the bags that it holds back, and nothing that is silent."""
    text, held = _text(home), home.marked("data-held")
    findings.add("the excursion: on the home page", "Was out of range" in text, home.url)
    findings.add("the home page counts the bags that it holds back", held == [str(len(AFFECTED))], str(held))
    findings.add("no stream is called silent", "Stream is silent" not in text, home.url)


def _text(page: Page) -> str:
    return " ".join(page.body.split())


def figures(directory: Path, findings: Findings, units: Mapping[str, str]) -> None:
    """What the commands say of thirty days: cover, fates, and how many bags are in which state."""
    states = Counter(units.values())
    findings.figures["states"] = dict(states)
    cover = _said(xuemai("stock", "cover", "--holder", CENTRE, "--site", str(directory)))["cover"]
    days = [each["tenths_of_days"] for each in cover if each["component"] == "RBC_AS" and each["gone"]]
    some = [tenths for tenths in days if tenths is not None and 0 < tenths < 10 * 60]
    findings.figures["cover_tenths_of_days"] = days
    findings.add("red cells of several groups last for days", len(some) >= 2, f"tenths of days: {days}")
    told = _said(xuemai("fates", "--holder", HOSPITAL, "--site", str(directory)))
    closure = {each["holder"]: each["per_mille"] for each in told["closure"]}
    findings.figures["closure_per_mille"] = closure
    whole = not told["missing"] and closure.get(HOSPITAL) == 1000
    findings.add("every bag that the hospital issued has its fate", whole, json.dumps(closure))


def readings(findings: Findings, kept: list[tuple[str, int, int]]) -> None:
    """Whether the readings of the four weeks in the ledger are those that were handed in, each once."""
    first_ms = at(FIRST_HAND_IN) - FIRST_MS
    handed_in = Counter(
        (segment.probe, at_ms, centi)
        for gateway in PROBES
        for segment in past_readings.segments(gateway, after_ms=first_ms, until_ms=READ_UNTIL_MS)
        for at_ms, centi in segment.readings
    )
    found = Counter(kept)
    findings.figures["late_readings"] = found.total()
    detail = f"{found.total()} of {handed_in.total()}; {(found - handed_in).total()} that were not"
    findings.add("every reading of the four weeks was taken, and no other", found == handed_in, detail)


def _said(command: list[str]) -> dict[str, Any]:
    """The object that a command prints; some end with 3 to say that something is to be looked at."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)
    if done.returncode not in {0, 3}:
        raise ValueError(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr[-300:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said
