"""`xuemai bench ingest --json`, beside the other commands behind a figure."""

import sys

from ledger.bench.cli import ingest

if __name__ == "__main__":
    ingest(["--json", *sys.argv[1:]])
