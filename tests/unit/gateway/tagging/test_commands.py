"""`xuemai gateway tag`: which reader is meant, and what is told."""

from pathlib import Path

import pytest

from gateway import config
from gateway.tagging.commands import reader_of, told
from gateway.wire.iso15693 import MemoryRead
from ledger.core.errors import ConfigError
from ledger.core.tagmemory import Layout
from tests.support.gateway_ledger import RECEIPT_VKEY
from tests.support.golden_tagmemory import MESSAGE, memory

HEAD = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
"""


def table(name: str, more: str = 'family = "hf_iso15693"') -> str:
    return f'[[reader]]\nname = "{name}"\nport = "{name}"\nantennas = [{{place = "place:a"}}]\n{more}\n'


def configured(*tables: str) -> config.Config:
    return config.parse((HEAD + "".join(tables)).encode(), Path("/"))


def test_the_only_reader_that_can_is_meant() -> None:
    others = table("ti", 'family = "hf_iso15693"\ndialect = "ti"'), table("gate", 'family = "m100_uhf"')
    assert reader_of(configured(table("desk"), *others), "").name == "desk"
    assert reader_of(configured(table("desk"), table("shelf")), "shelf").name == "shelf"
    with pytest.raises(ConfigError, match="one of desk, shelf"):
        reader_of(configured(table("desk"), table("shelf")), "")
    with pytest.raises(ConfigError, match="none is configured"):
        reader_of(configured(*others), "")
    with pytest.raises(ConfigError, match="reader gate: expected an hf_iso15693 reader"):
        reader_of(configured(table("desk"), *others), "gate")


def test_a_message_is_told_and_bytes_that_are_none_are_not() -> None:
    read = MemoryRead("memory", tag="E004015012345678", octets=memory(MESSAGE), locked=(0,), afi=196)
    said = told(read, Layout())
    assert (said["outcome"], said["crc"], said["protection"], said["text"]) == (
        "read",
        "holds",
        "partly-locked",
        MESSAGE.decode(),
    )
    donor = memory(b"=+02000=A99992612345600=;A99990000000000000123")
    assert "A9999" not in str(told(MemoryRead("memory", octets=donor), Layout()))
    assert told(MemoryRead("memory", octets=bytes(112)), Layout())["outcome"] == "blank"
