with

exchange_rates as (

    select * from {{ source('finance', 'exchange_rates') }}

),

renamed as (

    select
        rate_date,
        currency,
        rate,
        updated_at
    from exchange_rates

)

select * from renamed
