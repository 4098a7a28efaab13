"""What a label says, as plain values: what `xuemai label parse` prints and `POST /v1/labels` answers."""

from ledger.core.isbt128 import Label
from ledger.core.labels.reading import Reading


def plain(scanned: Label) -> dict[str, object]:
    """A label as plain values: each structure's number and fields, and the count of a compound message or None."""
    structures = [{"ds": structure.ds, **structure.fields} for structure in scanned.structures]
    return {"structures": structures, "compound": scanned.compound}


def told(reading: Reading, text: str) -> dict[str, object]:
    """A label as a site reads it: as `plain`, with the scheme, what it names, and what its codes mean.

    Raises:
        LabelError: the text is of no scheme of the site.
    """
    scanned = reading.read(text)
    found: dict[str, object] = plain(scanned.label) if scanned.label else {"structures": [], "compound": None}
    meanings = [
        {name: {"zh": each.zh, "en": each.en} for name, each in reading.codes.explain(structure).items()}
        for structure in (scanned.label.structures if scanned.label else ())
    ]
    named = {"din": None if scanned.din is None else str(scanned.din), "product": scanned.product, "unit": scanned.unit}
    return found | {"scheme": scanned.scheme, **named, "meanings": meanings}
