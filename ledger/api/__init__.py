"""The HTTP API: routes that parse, call and answer; what they ask of the ledger is decided elsewhere.

batches      POST /v1/batches, the hot path
units        /v1/units/…, /v1/inventory; their shapes are in schemas and shapes
cases        /v1/cases: recall and lookback; a consignee acknowledges
lookback     /v1/lookback/…: what a finding touches
stock        /v1/stock: counts, now and at past instants
log          /checkpoint, /tile/…: what anyone may mirror
witness      POST /add-checkpoint: partners' logs ask for a cosignature
operations   /healthz, /readyz, /metrics
guard        who is asking, and may they; routes: every endpoint's permission
edge         body limits, trusted hosts, headers; problems: every error as problem+json
documents    /v1/openapi.json
"""
