"""The commands behind every figure of the project: each prints one JSON object and ends within half a minute.

    python -m benchmarks.ingest     sealed batches into a ledger over HTTP; `xuemai bench ingest` by its other name
    python -m benchmarks.decoders   captured bytes, and tags nobody saw before, through the gateway's decoders
    python -m benchmarks.fuzz       the same, changed and cut: what no decoder may do
    python -m benchmarks.peers      the same events into other packages, beside the ledger

Figures are per CPU-second, so that a busy machine shows in them as little as possible. They are those of the machine
that ran them; a ratio to a yardstick measured in the same run says more than a figure alone.
"""
