"""Two ways to take charge: a file that only the gateway's owner can leave, and a card at a scanner."""

from pathlib import Path

from gateway.alarm import acknowledging
from gateway.alarm.acknowledging import Acknowledgement
from gateway.ports.mailbox import Heard, Opened
from gateway.session import Moment
from gateway.wire.items import LabelScan, Noise

NURSE = "person:" + "ab" * 16
NOW = Moment(0, 0.0)


def test_a_wish_is_taken_up_once(tmp_path: Path) -> None:
    wish = Acknowledgement(NURSE, "command", "device:gw-centre/fridge-1")
    path = acknowledging.ask(tmp_path, wish, bytes)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "acknowledge").stat().st_mode & 0o777 == 0o700
    assert acknowledging.take(tmp_path) == [wish]
    assert acknowledging.take(tmp_path) == []


def test_what_is_no_wish_is_thrown_away(tmp_path: Path) -> None:
    folder = tmp_path / "acknowledge"
    folder.mkdir()
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text('{"by":"Dr Li","way":"command"}')
    (folder / "c.json").write_text('{"by":"' + NURSE + '","way":"telepathy"}')
    assert acknowledging.take(tmp_path) == []
    assert list(folder.iterdir()) == []


def test_a_card_is_told_from_a_label() -> None:
    label = LabelScan("=A99992612345600")
    heard = Heard("scanner", (Noise(1, "x"), LabelScan(acknowledging.card(NURSE), "]C0"), label), NOW)
    told = acknowledging.without_cards(heard)
    assert told.cards == (Acknowledgement(NURSE, "card"),)
    assert isinstance(told.letter, Heard)
    assert told.letter.items == (Noise(1, "x"), label)


def test_what_only_resembles_a_card_is_a_scan_like_any_other() -> None:
    for text in ("XUEMAI ACK", "XUEMAI ACK 12", acknowledging.card(NURSE) + "0"):
        heard = Heard("scanner", (LabelScan(text),), NOW)
        assert acknowledging.without_cards(heard).letter is heard
    opened = Opened("scanner", NOW)
    assert acknowledging.without_cards(opened).letter is opened
