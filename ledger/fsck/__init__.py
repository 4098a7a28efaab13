"""The examination of a ledger: everything recomputed from raw bytes, and the first bad place named.

In this order: the database itself (of a stopped site's file the pages against their seal, and SQLite's own check; the
schema and its guards); the log, batch by batch, from notes and bodies alone (signatures, chains, leaves, roots); the
forks kept as evidence; every row of every table against what the log implies; what is kept of units' cold chains
against judging them again; the checkpoints, the last signed head and the keys' files. It reads only, so a running site
can be examined too, as of one snapshot.
"""

from ledger.fsck.examination import examine, examine_log
from ledger.fsck.report import Report, describe

__all__ = ["Report", "describe", "examine", "examine_log"]
