"""A file that is replaced is the old one or the new one, and durable before anybody goes on."""

import os
import stat
from pathlib import Path

import pytest

from ledger.durable import write_durably


def test_a_file_is_replaced_whole_and_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for content in (b"first, and longer\n", b"second\n"):
        write_durably(file, content, 0o600)
        assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (content, 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_bytes_and_then_the_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bytes | None]] = []

    def remember(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((path.name, path.read_bytes() if path.is_file() else None))

    monkeypatch.setattr(os, "fsync", remember)
    write_durably(tmp_path / "head", b"7\n")
    assert synced == [("head.new", b"7\n"), (tmp_path.name, None)]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "head"
    write_durably(file, b"7\n")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_durably(file, b"8\n")
    assert file.read_bytes() == b"7\n"
