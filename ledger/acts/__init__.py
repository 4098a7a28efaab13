"""What people record, one act a module: the same way in for pages, API and commands, checked inside the transaction."""
