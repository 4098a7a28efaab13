"""Which tests a region asks for."""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.files import PACKS, panel_text
from ledger.rules.panel import missing, parse_panel, with_further

TEXT = 'tests = ["HBsAg", "NAT"]\nsource = "a standard"\nverified = false\n'


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_that_ships_has_a_panel_with_its_source(pack: str) -> None:
    text = panel_text(pack)
    assert text is not None
    panel = parse_panel(text)
    assert "HBsAg" in panel.tests
    assert panel.source


def test_a_pack_of_a_site_brings_no_panel() -> None:
    assert panel_text("fujian") is None


def test_what_is_missing_is_named_in_the_panels_order_and_capitals_do_not_matter() -> None:
    required = ("HBsAg", "anti-HCV", "NAT")
    assert missing(required, ["nat"]) == ("HBsAg", "anti-HCV")
    assert missing(required, ["NAT", "HBSAG", "Anti-HCV", "ALT"]) == ()
    assert missing((), []) == ()


def test_a_province_asks_for_more_and_each_test_counts_once() -> None:
    assert with_further(parse_panel(TEXT), ["anti-HTLV", "NAT"]) == ("HBsAg", "NAT", "anti-HTLV")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace('"HBsAg", "NAT"', ""), "one or more"),
        (TEXT.replace('"NAT"', '"HBsAg"'), "each once"),
        (TEXT.replace("verified = false\n", ""), "verified"),
        (TEXT + "optional = true\n", "unknown field `optional`"),
        ("tests =", "test panel: expected TOML"),
    ],
)
def test_what_is_no_panel_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_panel(text)
