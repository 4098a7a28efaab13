"""What a module's planted mistakes come to, and what nobody can observe of them."""

from pathlib import Path

from benchmarks.mutation.report import Equivalent, Mistake, of_module, plain, read_equivalents

HERE = Path(__file__).resolve().parents[4] / "benchmarks/mutation"
LATE, EARLY = plain("-    a < b\n+    a <= b"), plain("-    a < b\n+    a > b")
SAME = Equivalent("window", "begins", LATE, "a is never b")


def test_what_no_test_found_is_told_and_what_makes_no_difference_is_not_counted() -> None:
    tried = [
        Mistake("begins", LATE, "survived"),
        Mistake("begins", EARLY, "found"),
        Mistake("ends", LATE, "survived"),
        Mistake("ends", EARLY, "undecided"),
    ]
    said = of_module("window", tried, [SAME])
    assert (said["mistakes"], said["found"], said["ratio"], said["equivalent"]) == (3, 1, 0.3333, 1)
    assert said["survived"] == ["ends: -a < b\n+a <= b"]
    assert said["undecided"] == ["ends: -a < b\n+a > b"]
    assert said["no longer equivalent"] == []


def test_an_entry_that_a_test_finds_or_that_nobody_can_make_any_more_is_complained_of() -> None:
    for tried in ([], [Mistake("begins", LATE, "found")]):
        assert of_module("window", tried, [SAME])["no longer equivalent"] == ["begins: -a < b\n+a <= b"]
        assert of_module("dating", tried, [SAME])["no longer equivalent"] == []
        assert of_module("window", tried, [SAME])["mistakes"] == len(tried), "and what was found counts"


def test_every_entry_names_a_rule_and_its_reason_and_no_entry_stands_twice() -> None:
    entries = read_equivalents(HERE / "equivalent.toml")
    assert entries
    assert len({(each.module, each.where, each.lines) for each in entries}) == len(entries)
    assert all(each.why for each in entries)
    assert all((HERE.parents[1] / "ledger/rules" / f"{each.module}.py").is_file() for each in entries)
