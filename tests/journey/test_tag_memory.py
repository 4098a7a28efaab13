"""Two bags of one donation whose tags were interchanged at the label desk: found on the shelf, and mended.

Tags are written at the desk through a FEIG reader's own bytes on a pseudo-terminal, read on the shelf by a gateway, and
held against the ledger by a real server, whose page says so in both languages.
"""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from firmware_mocks.browser_forms import Browser
from gateway.cli import gateway
from tests.support import sites
from tests.support.gateway_site import Mock
from tests.support.processes import ending, wait_for

CELLS, PLASMA = "unit:A999926123456.E0382V00", "unit:A999926123456.E0701V00"
CELLS_TAG, PLASMA_TAG = "E004015012340001", "E004015012340002"
LABEL = {
    CELLS: "=+03000=A99992612345600=%5100=<E0382V00",
    PLASMA: "=+03000=A99992612345600=%5100=<E0701V00",
}
SHELF = """
[[reader]]
name = "shelf"
family = "hf_iso15693"
port = "hf"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.3
leave_after_seconds = 600
memory = {afi = 196}
"""
DIFFERS = {
    "en": "The tag&#39;s memory differs from what is known of this bag",
    "zh": "电子标签存储的内容与这袋血的已知信息不符",
}


class Desk:
    """The label desk: one reader, and the tag that lies on it."""

    def __init__(self, folder: Path, reader: Mock) -> None:
        self.folder, self.reader = folder, reader

    def write(self, uid: str, text: str, *how: str) -> Result:
        """Lay a tag on the reader, write a label's message to it, and take it away again.

        The command itself, in this process: that it is there in one of its own, too, is seen in tests/integration.
        """
        self.reader.tell(cmd="replug")
        self.reader.tell(cmd="field", tags=[{"epc": uid}])
        done = CliRunner().invoke(gateway, ["tag", "write", text, "--site", str(self.folder), *how])
        self.reader.tell(cmd="field", tags=[])
        self.reader.tell(cmd="replug")
        return done


def memories(whole: sites.WholeSite, unit: str) -> list[dict[str, object]]:
    history = whole.json(f"/v1/units/{unit}/events")["events"]
    return [line["event"] for line in history if line["kind"] == "tag_memory_read"]


def rules(whole: sites.WholeSite, unit: str) -> list[str]:
    return [found["rule"] for found in whole.json(f"/v1/units/{unit}")["discrepancies"]]


def page_of(whole: sites.WholeSite) -> Callable[[str, str], str]:
    """The unit page, as the administrator reads it in a language."""
    browser, password = Browser(whole.server.url), "correct horse battery staple"
    code = whole.site.first_admin_code.read_text().strip()
    browser.submit(browser.get("/enrol"), {"code": code, "password": password, "again": password})
    assert browser.submit(browser.get("/sign-in"), {"login": "admin", "password": password}).status == 303

    def page(unit: str, language: str) -> str:
        address = f"/units/{unit.removeprefix('unit:')}"
        browser.submit(browser.get(address), {"language": language}, having="back")
        return browser.get(address).body

    return page


def test_interchanged_tags_are_found_on_the_shelf_and_mended(tmp_path: Path) -> None:
    whole = sites.make(tmp_path, SHELF, units={CELLS: [CELLS_TAG], PLASMA: [PLASMA_TAG]})
    reader = Mock("hf_reader", "--link", str(whole.gateway_folder / "hf"), "--answers", "once", "--baud", "0")
    desk = Desk(whole.gateway_folder, reader)
    try:
        with ending(whole.gateway, whole.server):
            for uid, unit in ((CELLS_TAG, PLASMA), (PLASMA_TAG, CELLS)):  # the slip of the story
                assert json.loads(desk.write(uid, LABEL[unit]).stdout)["outcome"] == "read"
            whole.server.start_and_wait()
            whole.gateway.start()
            reader.tell(cmd="field", tags=[{"epc": CELLS_TAG}, {"epc": PLASMA_TAG}])
            wait_for(lambda: rules(whole, CELLS) == rules(whole, PLASMA) == ["tag.memory_differs"], "both found")
            (read,) = memories(whole, CELLS)
            assert read["says"] == {
                "din": "din:A999926123456", "product": "E0701V00", "abo": "O", "rhd": "positive",
                "structures": ["001", "002", "003"],
            }  # fmt: skip
            page = page_of(whole)
            for language, words in DIFFERS.items():
                assert words in page(CELLS, language)
            assert "A9999 26 123456 E0701V00" in page(CELLS, "en"), "what the tag says, beside its read"
            # Mended at the desk, where nobody writes over another bag's tag by accident.
            assert whole.gateway.stop() == 0
            refused = desk.write(CELLS_TAG, LABEL[CELLS])
            assert (refused.exit_code, "find out whose tag this is" in refused.stderr) == (1, True)
            assert desk.write(CELLS_TAG, LABEL[CELLS], "--replace").exit_code == 0
            whole.gateway.start()
            reader.tell(cmd="field", tags=[{"epc": CELLS_TAG}, {"epc": PLASMA_TAG}])
            wait_for(lambda: len(memories(whole, CELLS)) == 2, "the mended memory")
            assert memories(whole, CELLS)[-1]["crc"] == "holds"
            assert len(memories(whole, PLASMA)) == 1, "nothing new about the other"
            assert rules(whole, CELLS) == ["tag.memory_differs"], "what was found stays found, and once"
            assert whole.gateway.stop() == 0
            assert whole.server.stop() == 0
            assert whole.fsck()["first_bad"] is None
    finally:
        reader.end()
