"""`xuemai coldchain judge`: one JSON object for every file that can be read, and a clear refusal for every other."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.commands.coldchain import coldchain

WARM = "time,celsius\n2026-03-02T08:00:00Z,4.0\n2026-03-02T08:10:00Z,6.5\n2026-03-02T08:15:30Z,4\n"


def run(file: Path | str, *arguments: str, text: str | None = None, **given: str) -> tuple[int, str, str]:
    options = {"pack": "cn", "component": "RBC_AS", "phase": "store", **given}
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    result = CliRunner().invoke(coldchain, ["judge", *named, str(file), *arguments], input=text)
    return result.exit_code, result.stdout, result.stderr


def judged(tmp_path: Path, text: str, *arguments: str, **given: str) -> dict[str, object]:
    file = tmp_path / "log.csv"
    file.write_text(text, "utf-8")
    code, out, err = run(file, *arguments, **given)
    assert (code, err, out.count("\n")) == (0, "", 1)
    return dict(json.loads(out))


def test_a_warm_spell_in_the_fridge(tmp_path: Path) -> None:
    assert judged(tmp_path, WARM) == {
        "verdict": "out", "minutes_out": 5.5, "min": 4.0, "max": 6.5, "reason": "above", "pack": "cn",
        "version": "2026.1", "component": "RBC_AS", "minutes": 15.5, "minutes_unknown": 0, "limits": "200..600",
        "figures": "unverified", "quarantine": True, "allowance": None, "return": None, "encoding": "utf-8",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8"])
def test_a_file_of_a_chinese_logger_is_judged_and_the_answer_says_as_what_it_was_read(
    tmp_path: Path, encoding: str
) -> None:
    text = "sep=;\n序号;日期;时间;温度(℃)\n1;2026-03-02;8:00;4,0\n2;2026-03-02;8:10;6,5\n3;2026-03-02;8:15:30;4\n"
    (tmp_path / "log.csv").write_bytes(text.encode(encoding))
    code, out, err = run(tmp_path / "log.csv")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["verdict"], found["minutes_out"], found["encoding"]) == ("out", 5.5, encoding)


def test_the_same_file_by_another_pack(tmp_path: Path) -> None:
    found = judged(tmp_path, WARM, pack="UK")
    assert (found["verdict"], found["figures"], found["pack"]) == ("out", "verified", "uk")
    assert found["allowance"] == "store 100..1000 300 minutes 1 times"
    assert judged(tmp_path, WARM, pack="us", phase="transport")["verdict"] == "ok"


def test_five_degrees_suit_red_cells_and_not_platelets(tmp_path: Path) -> None:
    text = "time,celsius\n2026-03-02 08:00,5\n2026-03-02 08:10,5\n"
    assert judged(tmp_path, text)["verdict"] == "ok"
    platelets = judged(tmp_path, text, component="PLT")
    assert (platelets["verdict"], platelets["reason"], platelets["minutes_out"]) == ("out", "below", 10)


def test_a_unit_from_the_ward(tmp_path: Path) -> None:
    found = judged(tmp_path, WARM, pack="uk", phase="ward")
    assert found["return"] == {
        "decision": "yes", "reason": "", "rule": "within 100..1000 300 minutes 1 times", "figures": "verified",
    }  # fmt: skip
    assert (found["verdict"], found["reason"], found["limits"], found["figures"]) == (
        "unknown",
        "no-limits",
        None,
        None,
    )
    again = judged(tmp_path, WARM, "--before", "1", pack="uk", phase="ward")
    assert again["return"] == {**dict(found["return"]), "decision": "no", "reason": "too-often"}  # type: ignore[call-overload]
    china = judged(tmp_path, WARM, phase="ward")
    assert china["return"] == {"decision": "no", "reason": "never", "rule": "never", "figures": "unverified"}


def test_a_pack_that_says_nothing_of_returns(tmp_path: Path) -> None:
    silent = tmp_path / "silent.toml"
    silent.write_text(
        'pack = "x"\nversion = "1"\njurisdiction = "X"\n[sources]\na = "A"\n'
        '[returns]\nward = { rule = "never", source = "a", verified = true }\n'
        '[components.RBC_AS]\nstore = { high = 600, source = "a", verified = true }\n'
    )
    found = judged(tmp_path, WARM, pack=str(silent), phase="uncontrolled")
    assert found["return"] == {"decision": "undecided", "reason": "unstated", "rule": None, "figures": None}


def test_a_file_without_readings_is_unknown(tmp_path: Path) -> None:
    found = judged(tmp_path, "time,celsius\n")
    assert (found["verdict"], found["minutes_out"], found["min"], found["max"], found["reason"]) == (
        "unknown", 0, None, None, "no-reading",
    )  # fmt: skip


def test_a_file_from_stdin_in_local_time() -> None:
    code, out, _ = run("-", "--timezone", "Asia/Shanghai", text=WARM.replace("08:10:00Z", "16:10:00"))
    assert (code, json.loads(out)["minutes_out"]) == (0, 5.5)


def test_a_sites_own_pack(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "fuzhou.toml").write_text('pack = "fuzhou"\nversion = "7"\nderives = "cn"\n')
    found = judged(tmp_path, WARM, "--site", str(tmp_path), pack="fuzhou")
    assert (found["pack"], found["version"], found["verdict"]) == ("fuzhou", "7", "out")


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("", {}, "xuemai coldchain judge: the file is empty"),
        ("time,celsius\nnoon,4\n", {}, "xuemai coldchain judge: line 2: time: expected"),
        (WARM, {"pack": "narnia"}, "pack: expected one of cn, us, eu, uk, or a file; came 'narnia'"),
        (WARM, {"component": "RBC"}, "component: expected one that pack cn knows"),
        (WARM, {"phase": "fridge"}, "'fridge' is not one of 'store', 'transport', 'uncontrolled', 'ward'"),
        (WARM, {"timezone": "Fuzhou"}, "expected an IANA time zone such as Asia/Shanghai, came 'Fuzhou'"),
    ],
)
def test_what_cannot_be_judged_is_refused(tmp_path: Path, text: str, given: dict[str, str], says: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text)
    code, out, err = run(file, **given)
    assert (code, out) == (2, "")
    assert says in err


def test_a_file_that_is_not_there() -> None:
    code, out, err = run("nowhere.csv")
    assert (code, out) == (2, "")
    assert "nowhere.csv" in err
