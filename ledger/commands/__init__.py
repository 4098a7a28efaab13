"""The `xuemai` commands of the ledger, a module each: they read what was typed, call what does it, print JSON."""
