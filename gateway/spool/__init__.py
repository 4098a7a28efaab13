"""What the outbox is made of, one concept a module: the file, the chains in it, what it forgets, what it holds."""
