"""The local page: what the gateway knows, for whoever stands beside it while the centre is away. Read-only."""
