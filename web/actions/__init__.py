"""What people do on the pages, as appended events: the only part of the web that writes to the ledger.

A step is checked where it cannot be raced: role here, scope and rules inside the append transaction, the life cycle by
the ledger itself. A refusal writes nothing and names its rule.
"""
