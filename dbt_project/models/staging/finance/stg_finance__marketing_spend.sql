with

marketing_spend as (

    select * from {{ source('finance', 'marketing_spend') }}

),

renamed as (

    select
        spend_date,
        channel,
        campaign,
        spend_minor,
        currency,
        impressions,
        clicks,
        updated_at
    from marketing_spend

)

select * from renamed
