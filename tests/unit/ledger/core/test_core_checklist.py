"""A checklist's hash: of what it says, to the byte."""

import hashlib
from base64 import b64encode

from ledger.core.checklist import Checklist, Wording

SEAL, LABEL = Wording("seal", "封口", "Seal"), Wording("label", "标签", "Label")
ASKED = Checklist("received", "2", (SEAL, LABEL), (Wording("leak", "渗漏", "Leaks"),))


def test_the_hash_is_over_the_list_as_the_format_says() -> None:
    said = (
        '{"items":[{"code":"seal","en":"Seal","zh":"封口"},{"code":"label","en":"Label","zh":"标签"}],'
        '"refusals":[{"code":"leak","en":"Leaks","zh":"渗漏"}],"step":"received","version":"2"}'
    )
    assert b64encode(hashlib.sha256(said.encode()).digest()).decode() == ASKED.sha256
