"""The words of the field, keyed by the ledger's own names: GLOSSARY in code. English here, Chinese in the catalogue.

Tables only. `web.present` and its siblings say them; a test checks that every event kind, field, state and rule has
its word.
"""
