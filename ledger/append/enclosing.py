"""What a person's assertion brings along: a file's hash in its place, and the files that are to be kept with it."""

from collections.abc import Sequence
from dataclasses import replace

from ledger.core import kinds
from ledger.rules.evidence import EvidenceFile
from ledger.store.assertions import Draft
from ledger.store.evidence import sha256_of


def name_files(drafts: Sequence[Draft]) -> tuple[list[Draft], tuple[bytes, ...]]:
    """The drafts with the hash of each `EvidenceFile` in its place, and the files, each once."""
    documents: dict[bytes, None] = {}

    def named(value: object) -> object:
        if isinstance(value, EvidenceFile):
            documents[value.document] = None
            sha256 = sha256_of(value.document)
            return kinds.Evidence(sha256=sha256, what=value.what, octets=len(value.document))
        return [named(each) for each in value] if isinstance(value, list) else value

    told = [replace(each, fields={name: named(value) for name, value in each.fields.items()}) for each in drafts]
    return told, tuple(documents)
