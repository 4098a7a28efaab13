"""The schema and the roles of a ledger in PostgreSQL; what each may do is `postgresql_schema`."""

SCHEMA = "ledger"
OWNER, APP, READER, ERASER = "xuemai_owner", "xuemai_app", "xuemai_reader", "xuemai_eraser"
