"""What must hold for every published table, one module per domain.

To add an expectation, add one entry to the table's suite in the module of its domain; to add a table, add a suite.
"""
