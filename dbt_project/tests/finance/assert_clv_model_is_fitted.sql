-- Fails if something is to be said of a parameter of the models of lifetime value: why it has no value, or how it is to
-- be read.
{{ config(severity='warn') }}

select
    parameter,
    note
from {{ ref('int_clv_outcomes') }}
where note is not null
