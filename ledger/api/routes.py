"""Every route of the API and the permission that it needs. A route that is not here stops the start of the server."""

from ledger.accounts import Policy
from ledger.accounts.permissions import GUARDED, PUBLIC, SIGNED, VALUE_OPEN

POLICY = Policy(
    {
        "batches.accept": SIGNED,
        "units.unit": "unit.read",
        "units.history": "unit.read",
        "units.cold_chain": "unit.read",
        "units.lineage": "unit.read",
        "withheld.of_unit": VALUE_OPEN,
        "passports.accept": "passport.accept",
        "passports.of_unit": "passport.export",
        "passports.of_note": "passport.export",
        "discards.of_all": "inventory.read",
        "receipts.of_note": "unit.read",
        "audits.replay": "log.replay",
        "audits.bucket_roots": "log.replay",
        "audits.bucket": "log.replay",
        "audits.cosign": "map.cosign",
        "audits.roots": "site.read",
        "units.materials": "unit.read",
        "cases.cases": "case.read",
        "cases.case": "lookback.read",
        "cases.acknowledge": "event.assert.acknowledging",
        "lookback.lookback": "lookback.read",
        "inventory.inventory": "inventory.read",
        "stock.stock": "inventory.read",
        "orders.listed": "inventory.read",
        "orders.one": "inventory.read",
        "bedside.report": "event.assert.transfusion",
        "log.checkpoint": PUBLIC,
        "log.tile": PUBLIC,
        "witness.add_checkpoint": PUBLIC,
        "erasures.of_gateway": PUBLIC,
        "logkeys.of_log": PUBLIC,
        "operations.healthz": PUBLIC,
        "operations.readyz": PUBLIC,
        "operations.metrics": GUARDED,
        "api-docs.openapi_json": PUBLIC,
    }
)
