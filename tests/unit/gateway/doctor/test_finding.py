"""Every finding is said in both languages."""

from gateway.doctor.finding import SAID, Finding, report


def placeholders(text: str) -> set[str]:
    return {part.partition(")")[0] for part in text.split("%(")[1:]}


def test_both_languages_say_the_same_values() -> None:
    for name, (english, chinese) in SAID.items():
        assert not chinese.isascii() or chinese == english, name
        assert placeholders(english) == placeholders(chinese), name


def test_a_report_has_signs_sentences_and_proposals() -> None:
    found = [
        Finding("fault", "port-busy", {"port": "/dev/ttyUSB0", "who": "minicom (42)"}),
        Finding("ok", "clock-good"),
    ]
    said = report(found, ["[[reader]]"], "en").splitlines()
    assert said[:2] == ["✗ /dev/ttyUSB0 is in use by minicom (42)", "✓ the clock is disciplined"]
    assert said[-2:] == ["# proposed for gateway.toml:", "[[reader]]"]
    assert "被 minicom (42) 占用" in report(found, [], "zh")
