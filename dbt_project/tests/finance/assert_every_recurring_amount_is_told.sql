-- Fails if a recurring amount can't be told: its currency code is unknown, or it is 10^12 units a year and more.
select
    subscription_id,
    user_id,
    currency,
    effective_at
from {{ ref('int_subscription_states') }}
where arr is null
