"""The ledger of custody: an append-only transparency log of blood custody events, and what is read from it."""
