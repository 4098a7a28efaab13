"""The figures of a pack in words: each kind of figure, in both languages, with who confirmed it."""

import pytest

from ledger.read.packs import Confirmation
from ledger.rules.figures import confirmed
from ledger.rules.files import PACKS, pack_text
from ledger.rules.pack import Pack
from ledger.rules.pack_file import parse_pack
from tests.unit.web import samples
from web.figures import Block, blocks
from web.speech import Speech

ZH, EN = samples.speech("zh"), samples.speech("en")


def shipped(name: str) -> Pack:
    return parse_pack(pack_text(name))


def block(pack: Pack, code: str | None, speech: Speech = EN) -> Block:
    return next(each for each in blocks(pack, {}, speech) if each.code == code)


def said(found: Block) -> list[tuple[str, str]]:
    return [(line.what, line.says) for line in found.lines]


def test_red_cells_in_the_united_kingdom() -> None:
    found = block(shipped("uk"), "RBC_AS")
    assert (found.name, found.like) == ("Red cells in additive solution", None)
    assert said(found) == [
        ("Storage", "2.0 °C to 6.0 °C"),
        ("Transport", "1.0 °C to 10.0 °C"),
        ("Out of control", "1.0 °C to 10.0 °C"),
        ("Shelf life", "35 days, from collection, to the end of the last day"),
        ("After irradiation", "14 days at most"),
        ("A person may accept", "Storage, 1.0 °C to 10.0 °C, at most 5 h, once"),
        ("A person may accept", "Transport, at most 10.0 °C, at most 12 h"),
        ("Return from the ward", "1.0 °C to 10.0 °C, at most 5 h, once"),
        ("Return after a spell out of control", "1.0 °C to 10.0 °C, at most 5 h, once"),
    ]


def test_how_long_platelets_may_lie_still() -> None:
    ours = (
        'pack = "ours"\nversion = "1"\nderives = "cn"\n[sources]\nsop = "Procedure"\n[components.PLT]\n'
        'agitation = { minutes = 90, source = "sop", verified = true }\n'
    )
    found = block(parse_pack(ours, lambda _: pack_text("cn")), "PLT")
    assert ("Lying still", "at most 1 h 30 min") in said(found)


def test_chinese_components_in_chinese() -> None:
    found = block(shipped("cn"), "FFP", ZH)
    assert said(found)[0] == ("储存", "不高于 \N{MINUS SIGN}18.0 °C")
    assert said(found)[2:] == [("保存期", "1 年，自采血起，至末日 23:59"), ("到期时", "可改签为：冰冻血浆")]
    assert said(block(shipped("cn"), "PLT", ZH))[0][1] == "20.0 °C 至 24.0 °C，振荡保存"
    assert said(block(shipped("cn"), "RBC_WASHED"))[2][1] == "24 hours, from its making, to the minute"


def test_a_component_that_is_like_another_says_only_its_own() -> None:
    alike = block(shipped("cn"), "RBC_AS_LR", ZH)
    assert (alike.name, alike.like, alike.lines) == ("去白细胞悬浮红细胞", "悬浮红细胞", ())
    nearly = block(shipped("cn"), "PLT_24H")
    assert [line.figure for line in nearly.lines] == ["cn/PLT_24H.dating"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cn", [("Return from the ward", "never"), ("Return after a spell out of control", "a person decides")]),
        (
            "us",
            [
                ("Return from the ward", "within what the site has validated itself"),
                ("Return after a spell out of control", "within what the site has validated itself"),
            ],
        ),
    ],
)
def test_what_holds_for_every_other_component(name: str, says: list[tuple[str, str]]) -> None:
    assert said(block(shipped(name), None)) == says


def test_odd_bounds_are_said_too() -> None:
    odd = parse_pack(
        'pack = "x"\nversion = "1"\njurisdiction = "X"\n[sources]\na = "A"\n'
        '[returns]\nward = { rule = "within", minutes = 30, times = 2, source = "a", verified = true }\n'
        '[components.WB]\nstore = { low = 205, source = "a", verified = true }\n'
    )
    assert said(block(odd, "WB")) == [("Storage", "at least 2.05 °C")]
    assert said(block(odd, None)) == [("Return from the ward", "at most 30 min, 2 times at most")]


def test_who_confirmed_a_figure_stands_beside_it() -> None:
    told = Confirmation("cn", "2026.1", "cn/WB.store", "200..600", "4.2", "person:" + "1" * 32, 7)
    known = confirmed(shipped("cn"), {"cn/WB.store": "200..600"})
    [whole, *_] = blocks(known, {"cn/WB.store": told}, EN)
    assert [(line.standing, line.confirmation) for line in whole.lines[:2]] == [
        ("confirmed", told),
        ("unverified", None),
    ]
    [plain, *_] = blocks(shipped("cn"), {"cn/WB.store": told}, EN)
    assert plain.lines[0].confirmation is None, "of another value"


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("speech", [EN, ZH])
def test_every_figure_of_every_pack_is_on_the_page(name: str, speech: Speech) -> None:
    pack = shipped(name)
    told = [line for each in blocks(pack, {}, speech) for line in each.lines]
    assert all(line.what and line.says and line.citation for line in told)
    assert len({line.figure for line in told}) == len(told)
