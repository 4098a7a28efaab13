"""Every module says what it is; every unit test stands where its module stands."""

import ast
from pathlib import Path

import pytest

from tests.architecture import tree

UNIT = tree.ROOT / "tests" / "unit"
# Unit tests that belong to a whole room, not to one module of it.
OF_A_ROOM = {
    "firmware_mocks/test_independence.py": "every device's imports",
    "firmware_mocks/test_mqtt_devices.py": "the two devices that speak MQTT, on one broker",
    "gateway/wire/test_device_vectors.py": "every family against its captured frames",
    "ledger/core/test_golden.py": "the golden files of docs/format.md, re-made and compared byte by byte",
    "ledger/store/test_projections.py": "every projection against a whole fold, however events arrive",
    "web/test_serve.py": "the command `xuemai serve` of web/cli.py",
    "ledger/core/test_isbt128_cli.py": "ledger/commands/label.py, beside what it prints",
}


def names_of(test: Path, root: Path) -> set[str]:
    """The modules that a test at this place may be about, as they may stand in its name.

    `tests/unit/ledger/api/test_api_units.py` is about `ledger/api/units.py`: the room's name may come first, so that
    file names are unique. A room within the room is named the same way: `ledger/core/test_isbt128_din.py`.
    """
    room = root / test.parent
    modules = {path.stem for path in room.glob("*.py")}
    names = modules | {f"{room.name}_{module}" for module in modules} | {room.name}
    for inner in (path for path in room.iterdir() if path.is_dir()) if room.is_dir() else ():
        names |= {inner.name} | {f"{inner.name}_{path.stem}" for path in inner.glob("*.py")}
    return names


def homeless(tests: Path, root: Path) -> list[str]:
    """Every unit test that stands beside no module of its name; a module may have several: `test_outbox_crashes.py`."""
    found = []
    for path in sorted(tests.rglob("test_*.py")):
        test = path.relative_to(tests)
        about = f"{test.stem.removeprefix('test_')}_"
        at_home = any(about.startswith(f"{name}_") for name in names_of(test, root))
        if not at_home and test.as_posix() not in OF_A_ROOM:
            found.append(test.as_posix())
    return found


def undocumented(root: Path) -> list[str]:
    return [source.module for source in tree.sources(root) if not ast.get_docstring(source.tree)]


def test_every_module_says_what_it_is() -> None:
    assert undocumented(tree.ROOT) == []


def test_every_unit_test_mirrors_a_module() -> None:
    assert homeless(UNIT, tree.ROOT) == []


def test_every_exception_exists() -> None:
    assert [name for name in OF_A_ROOM if not (UNIT / name).is_file()] == []


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    for package in tree.PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "tests" / "unit" / "ledger").mkdir(parents=True)
    (tmp_path / "ledger" / "append.py").write_text('"""The writer."""\n', "utf-8")
    return tmp_path


def test_a_module_without_a_docstring_is_seen(small_tree: Path) -> None:
    (small_tree / "ledger" / "silent.py").write_text("X = 1\n", "utf-8")
    assert undocumented(small_tree) == ["ledger.silent"]


def test_a_test_of_no_module_is_seen(small_tree: Path) -> None:
    for name in ("test_append.py", "test_append_races.py", "test_appendix.py"):
        (small_tree / "tests" / "unit" / "ledger" / name).touch()
    assert homeless(small_tree / "tests" / "unit", small_tree) == ["ledger/test_appendix.py"]
