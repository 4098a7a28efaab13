"""An erasable database as a file: made whole or not at all, for its owner's eyes, of one form."""

from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.core.errors import ConfigError
from ledger.erasable import ErasableDatabase, Form, create_file

METADATA = MetaData()
WORDS = Table("words", METADATA, Column("word", Text, primary_key=True))
FORM = Form("a list of words", 0x584D5457, 3, METADATA)


def test_it_is_made_for_its_owner_alone_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    (tmp_path / "words.db.new").write_bytes(b"half a file that a crash left")
    create_file(path, FORM)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["words.db"]
    with pytest.raises(ConfigError, match="there is one already"):
        create_file(path, FORM)


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    create_file(tmp_path / "words.db", FORM)
    database = ErasableDatabase(tmp_path / "words.db", FORM)
    with database.transaction() as connection:
        connection.execute(insert(WORDS), {"word": "kept"})
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.execute(insert(WORDS), [{"word": "lost"}, {"word": "kept"}])
    with database.transaction() as connection:
        assert connection.execute(select(WORDS.c.word)).scalars().all() == ["kept"]
    database.close()


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    with pytest.raises(ConfigError, match="expected a list of words at"):
        ErasableDatabase(path, FORM)
    create_file(path, FORM)
    for other in (Form("a list of words", 1, 3, METADATA), Form("a list of words", FORM.application_id, 4, METADATA)):
        with pytest.raises(ConfigError, match="expected a list of words of version"):
            ErasableDatabase(path, other)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        ErasableDatabase(path, FORM)
