"""ISBT 128: what a blood label says, from the scanned or typed text and back.

    check        the check character K, ISO/IEC 7064 MOD 37-2
    din          the donation identification number, as a value that cannot be wrong
    dates        `cyyjjj` and its relatives to local ISO dates
    groups       the eight blood group codes that every label shares
    structures   the table of data structures: identifier, length, fields, whom it identifies
    label        the text of one scan: single, concatenated or compound

ISBT 128 is licensed. This package knows identifiers and lengths; it holds none of the code tables (products, special
tests, manufacturers): a site loads its own. A facility needs its own registration.
"""

from ledger.core.isbt128.check import check_character, check_flag
from ledger.core.isbt128.din import Din, carries_check
from ledger.core.isbt128.label import Label, Structure, parse

__all__ = ["Din", "Label", "Structure", "carries_check", "check_character", "check_flag", "parse"]
