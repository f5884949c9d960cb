with

mrr as (

    select * from {{ ref('mrr_monthly') }}

),

churn as (

    select * from {{ ref('churn_monthly') }}

),

acquisition as (

    select * from {{ ref('acquisition_monthly') }}
    where channel = 'all'

),

values_of_customers as (

    select
        mrr.month,
        mrr.arpa,
        {{ gross_margin() }} as gross_margin,
        churn.logo_churn_rate,
        {{ money_each('mrr.arpa * ' ~ gross_margin() ~ ' * churn.customers_at_start', 'churn.churned_customers') }}
            as ltv,
        acquisition.cac,
        acquisition.payback_months
    from mrr
    inner join churn on mrr.month = churn.month
    left join acquisition on mrr.month = acquisition.month

),

final as (

    select
        month,
        arpa,
        cast(gross_margin as double) as gross_margin,
        logo_churn_rate,
        ltv,
        cac,
        {{ divide('ltv', 'cac') }} as ltv_to_cac,
        payback_months
    from values_of_customers

)

select * from final
