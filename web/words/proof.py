"""A verification in words: its steps, what came out, and why a partner's passport was not accepted."""

from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

PROOF_STEPS = {
    "format": N_("The passport is well formed"),
    "checkpoint": N_("The log's key signed the checkpoint"),
    "witnesses": N_("Witnesses saw the same log"),
    "batch-notes": N_("The batches were made for this log"),
    "log-proof": N_("The batches are in the log"),
    "event-proofs": N_("The events are as they were sealed"),
    "events": N_("The events stand at their places"),
    "keys": N_("The keys were let in by the site"),
    "signatures": N_("The producers signed the batches"),
    "subject": N_("The events are about this unit"),
    "exposure": N_("The cold-chain statement fits"),
    "completeness": N_("Nothing was left out"),
    "hand-over": N_("What another log handed over holds"),
}
"""The steps of `ledger.core.verify`, as what holds when they pass."""

PROOF_WARNINGS = {
    "exposure": N_("no statement is in the log yet; it is made when the passport is downloaded"),
    "completeness": N_("not shown here; the passport shows it to those who name an auditor"),
    "hand-over": N_("a passport of another log was accepted; it travels with the passport and is checked there"),
    "witnesses": N_("no witness that is asked for has signed this checkpoint"),
    "checkpoint": N_("no policy came with it, so that only the fingerprint can be compared"),
}
"""What a step's warning means on this page, where the pages have words for it."""

OUTCOMES = {"ok": N_("holds"), "warning": N_("not checked"), "failed": N_("does not hold")}

ACCEPTANCE = {
    "policy": N_("This site keeps no policy of its partners; an administrator writes their logs' keys to partners.txt"),
    "own-log": N_("It is of this site's own log"),
    "enclosure": N_("It was accepted before"),
    "checkpoint": N_("It is of a log that this site's policy of its partners does not name, or not signed by that log"),
    "busy": N_("The ledger is busy"),
    "storage": N_("The ledger is busy"),
}
"""Why a partner's passport is not accepted, where the steps of a verification do not say it."""
