"""`xuemai label`, as a technician calls it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.commands.label import label
from tests.support.golden_tagmemory import MESSAGE, memory

HIGH_FIRST = memory(MESSAGE, filler=b"\xff", room=126)
"""Its CRC is low byte first, and turned round below."""


def test_parse_prints_the_structures() -> None:
    ran = CliRunner().invoke(label, ["parse", "=A99992612345600=%6200"])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {
        "structures": [
            {"ds": "001", "fin": "A9999", "year": "26", "sequence": "123456", "flags": "00", "check": "none"},
            {"ds": "002", "abo": "A", "rhd": "positive"},
        ],
        "compound": None,
    }


@pytest.mark.parametrize("sent", ["]C0=A99992612345600", "]d2=A99992612345600\r\n"])
def test_a_scanners_prefix_and_line_end_are_no_part_of_the_label(sent: str) -> None:
    plain = CliRunner().invoke(label, ["parse", "=A99992612345600"])
    ran = CliRunner().invoke(label, ["parse", sent])
    assert (ran.exit_code, ran.stdout) == (0, plain.stdout)


def wide(text: str) -> str:
    """As a Chinese input method that is set to full width types it."""
    return "".join("\N{IDEOGRAPHIC SPACE}" if each == " " else chr(ord(each) + 0xFEE0) for each in text)


@pytest.mark.parametrize(
    ("command", "text"), [("parse", "=A99992612345600=%6200"), ("parse", "=<E0382V00"), ("check", "G1234 17 654321 A")]
)
def test_what_an_input_method_made_of_a_label_is_read_as_on_the_pages(command: str, text: str) -> None:
    typed, ran = (CliRunner().invoke(label, [command, each]) for each in (text, wide(text)))
    assert (ran.exit_code, ran.stdout) == (0, typed.stdout)


def test_punctuation_of_an_input_method_and_a_site_do_not_matter(tmp_path: Path) -> None:
    book_title = CliRunner().invoke(label, ["parse", "=\N{LEFT DOUBLE ANGLE BRACKET}E0382V00"])
    assert json.loads(book_title.stdout)["structures"][0]["product"] == "E0382"
    of_a_site = CliRunner().invoke(label, ["parse", "--site", site_with(tmp_path, ""), wide("=%5100")])
    assert of_a_site.exit_code == 0, of_a_site.stderr


def site_with(directory: Path, lines: str) -> str:
    (directory / "xuemai.toml").write_text(f'[site]\nname = "a9999.example"\n{lines}', encoding="utf-8")
    return str(directory)


def test_a_site_reads_its_national_codes(tmp_path: Path) -> None:
    pattern = "{fin:5}{year:2}{sequence:6}/{product:5}{collection_type:1}{division:2}"
    site = site_with(tmp_path, f'[[label_scheme]]\nname = "bag"\npattern = "{pattern}"\n')
    ran = CliRunner().invoke(label, ["parse", "--site", site, "3501226123456/P0056V00"])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {
        "structures": [],
        "compound": None,
        "scheme": "bag",
        "din": "3501226123456",
        "product": "P0056V00",
        "unit": "unit:3501226123456.P0056V00",
        "meanings": [],
    }


def test_a_site_says_what_the_codes_on_a_label_mean(tmp_path: Path) -> None:
    told = CliRunner().invoke(label, ["parse", "--site", site_with(tmp_path, ""), "=A99992612345605=%5100"])
    meanings = json.loads(told.stdout)["meanings"]
    assert meanings == [{}, {"group": {"zh": "O 型 RhD 阳性", "en": "O RhD positive"}}]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[[label_scheme]]\nname = "bag"\npattern = "x"\n', "label scheme bag: expected a pattern"),
        ('[labels]\ncodes = "none.toml"\n', "labels.codes: expected a file"),
        ("", "expected a data identifier"),
    ],
)
def test_what_a_site_cannot_read_is_refused_on_stderr(tmp_path: Path, lines: str, says: str) -> None:
    ran = CliRunner().invoke(label, ["parse", "--site", site_with(tmp_path, lines), "3501226123456"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert says in ran.stderr


def test_parse_refuses_on_stderr() -> None:
    ran = CliRunner().invoke(label, ["parse", "=+02000=%6200"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "expected 2 structures in the compound message, came 1" in ran.stderr


@pytest.mark.parametrize("din", ["G123417654321", "G123417654321A", "G1234 17 654321 A"])
def test_check_prints_character_and_flag(din: str) -> None:
    ran = CliRunner().invoke(label, ["check", din])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {"check": "A", "flag": "70"}


def test_check_judges_a_typed_check_character() -> None:
    ran = CliRunner().invoke(label, ["check", "G123417654321B"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "expected check character A" in ran.stderr


def memory_ran(octets: bytes, *options: str) -> tuple[int, dict[str, object]]:
    ran = CliRunner().invoke(label, ["memory", octets.hex(" ", 4), *options])
    return ran.exit_code, json.loads(ran.stdout)


def test_a_memory_is_written_and_read() -> None:
    written = CliRunner().invoke(label, ["memory-of", MESSAGE.decode()])
    assert (written.exit_code, bytes.fromhex(written.stdout)) == (0, memory(MESSAGE))
    code, told = memory_ran(memory(MESSAGE))
    assert (code, told["crc"], told["compound"]) == (0, "holds", 4)
    assert "reconciliation" not in told


def test_a_memory_whose_crc_does_not_fit_is_shown_and_exits_1() -> None:
    code, told = memory_ran(memory(MESSAGE)[:-1] + b"\x00")
    assert (code, told["crc"]) == (1, "differs")


@pytest.mark.parametrize(
    ("scanned", "code", "verdict"),
    [
        (MESSAGE.decode(), 0, "agree"),
        (f"]d1{MESSAGE.decode()}", 0, "agree"),
        (MESSAGE.decode().replace("E0382", "E0701"), 1, "memory-differs"),
        ("=A99992612345600", 1, "undecided"),
    ],
)
def test_a_memory_is_compared_with_the_label(scanned: str, code: int, verdict: str) -> None:
    came, told = memory_ran(memory(MESSAGE), "--against", scanned)
    assert (came, told["reconciliation"]) == (code, verdict)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["memory", "3D2"], "expected a memory as pairs of hex digits, came 3 characters"),
        (["memory", "3D2B"], "expected 112 bytes of tag memory"),
        (["memory", memory(MESSAGE).hex(), "--against", "?"], "expected a data identifier"),
        (["memory-of", "=%5100"], "without its header"),
    ],
)
def test_what_is_no_memory_is_refused_on_stderr(arguments: list[str], says: str) -> None:
    ran = CliRunner().invoke(label, arguments)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert says in ran.stderr


@pytest.mark.parametrize(
    ("layout", "octets"),
    [
        ("16x4", memory(MESSAGE, room=62)),
        ("28x4,ff", memory(MESSAGE, filler=b"\xff")),
        ("28x4,none", MESSAGE.ljust(112, b"\x00")),
        ("16x8,FF,high-byte-first", HIGH_FIRST[:-2] + HIGH_FIRST[:-3:-1]),
    ],
)
def test_a_tag_that_is_written_another_way(layout: str, octets: bytes) -> None:
    ran = CliRunner().invoke(label, ["memory-of", MESSAGE.decode(), "--layout", layout])
    assert ran.exit_code == 0
    assert bytes.fromhex(ran.stdout) == octets
    code, told = memory_ran(bytes.fromhex(ran.stdout), "--layout", layout)
    assert (code, told["crc"]) == (0, "absent" if layout.endswith("none") else "holds")


@pytest.mark.parametrize(
    ("layout", "says"), [("28", "such as 28x4; came '28'"), ("28x4,crc32", "such as"), ("0x4", "blocks: expected 1")]
)
def test_a_layout_that_cannot_be_is_refused(layout: str, says: str) -> None:
    ran = CliRunner().invoke(label, ["memory-of", MESSAGE.decode(), "--layout", layout])
    assert ran.exit_code == 2
    assert says in ran.stderr
