"""Documentation made from the dbt project: the metric catalogue, and dbt's own pages."""
