"""What somebody sees who stands beside the gateway."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from html.parser import HTMLParser

import msgspec
from typing_extensions import override

from gateway.page import page, words
from gateway.page.words import Speech
from gateway.status import Status
from tests.support.statuses import PROBE, READER, TROUBLED

ZH, EN = Speech("zh", UTC), Speech("en", UTC)


class Seen(HTMLParser):
    """The text of a page, and its elements."""

    def __init__(self, markup: bytes) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.feed(markup.decode())

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def seen(status: Status, speech: Speech, *, age_seconds: int = 0) -> Seen:
    return Seen(page.render(status, speech, age_seconds=age_seconds))


def test_trouble_is_said_first_and_counted() -> None:
    said = seen(TROUBLED, EN).text
    assert "3 things need a person" in said
    assert "fridge-1-air: 8.2 °C" in said
    assert "The centre is unreachable" in said
    assert "有 3 项需要人处理" in seen(TROUBLED, ZH).text


def test_the_lag_is_named_beside_what_waits() -> None:
    said = seen(TROUBLED, EN).text
    assert "2026-03-02 09:59:00" in said
    assert "2 batches, 0 events · for 2 h" in said
    assert "2 批，另有 0 条事件 · 已等待 2 小时" in seen(TROUBLED, ZH).text


def test_the_page_names_the_zone_of_its_times_and_puts_asides_into_brackets_of_its_language() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert "2026-03-02 20:00:00 (UTC+08:00)" in seen(TROUBLED, Speech("en", shanghai)).text
    assert "（UTC+08:00）" in seen(TROUBLED, Speech("zh", shanghai)).text
    assert " (" not in seen(TROUBLED, ZH).text


def test_a_scanner_that_saw_half_a_bag_says_what_to_scan() -> None:
    half = msgspec.structs.replace(TROUBLED, devices=[replace(READER, wants="product")])
    assert "half a bag: scan its product code" in seen(half, EN).text
    assert "只扫到血袋的一半：请扫产品码" in seen(half, ZH).text
    other = msgspec.structs.replace(TROUBLED, devices=[replace(READER, wants="donation")])
    assert "只扫到血袋的一半：请扫献血码" in seen(other, ZH).text


def test_a_warm_fridge_is_named_with_its_limits_and_a_silent_one_is_unknown() -> None:
    assert "8.2 °C out of range 2.0 °C to 6.0 °C" in seen(TROUBLED, EN).text
    assert "8.2 °C 超温 2.0 °C 至 6.0 °C" in seen(TROUBLED, ZH).text
    freezer = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, reading=-3010, low=None, high=-1800)])
    assert "在范围内 不高于 \N{MINUS SIGN}18.0 °C" in seen(freezer, ZH).text
    incubator = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, low=2000, high=None)])
    assert "out of range at least 20.0 °C" in seen(incubator, EN).text
    silent = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, reading=None)])
    assert "unknown" in seen(silent, EN).text
    assert "out of range" not in seen(silent, EN).text


def test_all_is_well_only_while_nothing_is_wrong_and_the_status_is_fresh() -> None:
    well = msgspec.structs.replace(TROUBLED, devices=[], alarms=[], ledger="reachable")
    assert "All is well" in seen(well, EN).text
    old = seen(well, EN, age_seconds=31).text
    assert "All is well" not in old
    assert "31 s ago" in old


def test_a_clock_that_was_set_is_shown_with_when_and_by_how_much() -> None:
    was_set = msgspec.structs.replace(TROUBLED, clock_set="2026-03-02T11:00:00.000Z", clock_set_ms=3_600_000)
    assert "by +3,600.0 s, to 2026-03-02 11:00:00" in seen(was_set, EN).text
    assert "调整 +3,600.0 s，调至 2026-03-02 11:00:00" in seen(was_set, ZH).text
    assert "Clock last set" not in seen(TROUBLED, EN).text


def test_what_a_device_says_is_text_and_never_markup() -> None:
    shown = seen(TROUBLED, EN)
    assert "<b>now</b>" in shown.text
    assert shown.tags.isdisjoint({"script", "style", "form", "input", "button"})


def test_chinese_pages_hold_no_english_sentence_of_ours() -> None:
    said = seen(TROUBLED, ZH).text
    assert [english for english in words.ZH if len(english) > 12 and english in said] == []
