"""The floor: what one hand-written DuckDB script takes for the published tables.

It reads what landed, once, from nothing: no ledger, no quarantine, no checks, nothing incremental. It knows the files
of the simulator and the default settings only. Not in it are `finance.customer_value` and `finance.clv_model`, whose
maximum likelihood is no SQL.
"""
