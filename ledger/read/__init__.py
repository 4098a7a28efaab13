"""Every query that a page or the API needs, as plain values. Reads only; decides nothing that a rule decides."""
