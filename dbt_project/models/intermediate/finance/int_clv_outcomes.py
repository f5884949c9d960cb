def model(dbt, session):
    """Both outcomes of one fit in one table: a row per customer, and a row per parameter without customer."""
    import pyarrow as pa

    from dagster_project.models.clv import customer_lifetime_value

    customers = dbt.ref("int_clv_inputs").order("user_id").df()
    gross_margin = float(customers["gross_margin"].max()) if len(customers) else 1.0
    fitted = customer_lifetime_value(customers, gross_margin)
    numbers = ("expected_payments_12m", "expected_value_12m", "probability_alive", "clv", "value")
    schema = pa.schema(
        [("user_id", pa.string()), ("parameter", pa.string()), ("note", pa.string())]
        + [(name, pa.float64()) for name in numbers]
    )
    outcomes = (fitted.customers, fitted.parameters)
    rows = [pa.Table.from_pandas(outcome, preserve_index=False) for outcome in outcomes]
    return pa.concat_tables(rows, promote_options="permissive").select(schema.names).cast(schema)
