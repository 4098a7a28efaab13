"""What the fields of an event may hold: texts, numbers, identifiers and words, each with its pattern.

Temperatures are centi-degrees Celsius, volumes millilitres, signal strengths centi-dBm, instants as in
`ledger.core.ids`.
"""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.core.ids import Device, Instant, Place, Tag, Unit
from ledger.core.spelling import Deferred

Text = Annotated[str, Meta(min_length=1, max_length=400)]
"""Free text by a person or a device; never a name of a person."""
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hash = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{43}=\Z")]
"""A SHA-256 value in standard base64."""
Commitment = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
Listable = Annotated[str, Meta(pattern=r"^(unit|din|tag|box|probe|key):[A-Za-z0-9._/-]{1,300}\Z")]
"""An identifier of a thing that has a list in the unit map."""
Subject = Annotated[str, Meta(pattern=r"^[a-z]+:[A-Za-z0-9._/-]{1,300}\Z")]
"""An identifier of any kind."""
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
"""Any integer that canonical JSON carries (docs/format.md §2)."""
Octet = Annotated[int, Meta(ge=0, le=0xFF)]
Celsius100 = Annotated[int, Meta(ge=-27315, le=20000)]
SeenAt = Annotated[str, Deferred.of(Instant)]
SeenPlace = Annotated[str, Deferred.of(Place)]
SeenTag = Annotated[str, Deferred.of(Tag)]
SeenBy = Annotated[str, Deferred.of(Device)]
Once = Annotated[str, Deferred.of(Nonce)]
"""What every sighting has, checked for many events at once (`ledger.core.spelling`): an instant, a place, a tag, a
device, a nonce."""
Units = Annotated[list[Unit], Meta(min_length=1, max_length=100)]
Abo = Literal["A", "B", "AB", "O"]
Rhd = Literal["positive", "negative"]
Measure = Literal["U", "mL", "dose"]
"""In what a component is counted: U (200 mL of whole blood, in hundredths), millilitres, therapeutic doses (治疗量)."""
Quality = Literal["good", "suspect", "fault"]
