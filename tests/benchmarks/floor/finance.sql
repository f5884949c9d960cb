-- The finance tables, without customer_value and clv_model. Amounts are decimals until they are published.
create temp macro money(amount) as round(amount, 2)::decimal(18, 2);
-- An amount for each of a number, in whole numbers: the double next to 18.775 rounds to 18.77.
create temp macro money_each(amount, number) as (
    sign(amount) * (floor(abs(amount) * 200 + number)::hugeint // nullif(2 * number, 0)) / 100
)::decimal(18, 2);
-- An amount by the year, as it is published by the month.
create temp macro monthly(amount) as money_each(amount, 12);

create table finance.payments_daily as
with flows as (
    select
        payment_date, kind, coalesce(method, 'unknown') as method, currency, count(*) as attempts,
        count(*) filter (status = 'succeeded') as succeeded, count(*) filter (status = 'failed') as failed,
        count(*) filter (status = 'pending') as pending, sum(amount_minor) filter (status = 'succeeded') as volume,
        sum(fee_minor) filter (status = 'succeeded') as fees, 0 as refunded, 0 as chargebacks
    from payments group by all
    union all
    select
        refund_date, coalesce(kind, 'unknown'), coalesce(method, 'unknown'),
        coalesce(refunds.currency, payments.currency, 'USD') as paid_in, 0, 0, 0, 0, 0, 0, sum(refunds.amount_minor),
        sum(refunds.amount_minor) filter (reason = 'chargeback')
    from refunds left join payments using (attempt_id) group by all
),

totals as (
    select
        payment_date, kind, method, sum(attempts)::bigint as attempts, sum(succeeded)::bigint as succeeded,
        sum(failed)::bigint as failed, sum(pending)::bigint as pending,
        money(sum(coalesce(volume, 0) * unit * rate)) as volume,
        money(sum(coalesce(fees, 0) * unit * rate)) as fee_revenue,
        money(sum(coalesce(refunded, 0) * unit * rate)) as refunded,
        money(sum(coalesce(chargebacks, 0) * unit * rate)) as chargebacks
    from flows asof left join rates on flows.currency = rates.currency and payment_date >= valid_from
    group by all
)

select
    payment_date, kind, method, attempts, succeeded, failed, pending,
    succeeded / nullif(succeeded + failed, 0) as success_rate, volume,
    money_each(volume, succeeded) as avg_value, fee_revenue, refunded, chargebacks,
    (volume - refunded)::decimal(18, 2) as net_volume
from totals;

create table finance.payment_recovery_monthly as
with intents as (
    select
        arg_min(status, (attempted_at, attempt_id)) as first_status, min(attempted_at) as first_at,
        min(attempted_at) filter (status = 'succeeded') as paid_at, bool_or(status = 'pending') as is_pending
    from payments group by payment_id
),

months as (
    select
        month_of(first_at) as month, count(*) as intents,
        count(*) filter (first_status = 'succeeded') as first_attempt_successes,
        count(*) filter (first_status <> 'succeeded' and paid_at is not null) as recovered,
        count(*) filter (paid_at is null and not is_pending) as lost,
        quantile_disc(date_diff('microsecond', first_at, paid_at) // 1000000, 0.5)
            filter (first_status <> 'succeeded') as median_seconds
    from intents group by all
)

select
    month, intents, first_attempt_successes, recovered, lost, first_attempt_successes / intents as first_attempt_rate,
    (first_attempt_successes + recovered) / intents as eventual_rate,
    round(median_seconds / 3600, 2)::decimal(12, 2) as median_hours_to_recover
from months;

-- What a subscription is worth by the year, from the end of one day to the end of another.
create temp table states as
select
    subscription_id, user_id, currency, effective_at,
    lead(effective_at) over changes as ended_at, effective_at::date as from_date,
    coalesce(ended_at::date, date '9999-12-31') as until_date,
    status = 'canceled' and (cancel_reason is not distinct from 'payment_failed'
        or lag(status) over changes is not distinct from 'past_due') as is_involuntary,
    case when status in ('active', 'past_due') then round(
        greatest(amount_minor * coalesce(quantity, 1) - coalesce(discount_minor, 0), 0)
        * 0.1 ** minor_unit_exponent * case interval when 'year' then 1 when 'month' then 12 when 'week' then 52
            when 'day' then 365 end / coalesce(interval_count, 1), 8
    )::decimal(20, 8) else 0 end as arr
from subscriptions join 'finance/currencies.csv' using (currency)
window changes as (partition by subscription_id order by effective_at);

create temp table paid_states as from states where arr > 0;
create temp table first_paid as select user_id, min(from_date) as first_paid from paid_states group by user_id;

create temp table months as
select
    unnest(generate_series(month_of(min(first_paid)), as_of(), interval '1 month'))::date as month,
    month - 1 as opening_date, least(last_day(month), as_of()) as closing_date
from first_paid where first_paid <= as_of();

-- What a customer paid at a month's end, at that day's rates and at those of the next month's end.
create temp table balances as
select
    month, user_id, sum(arr * closing.rate) as arr, sum(arr * next.rate) as revalued
from months
join paid_states on from_date <= closing_date and until_date > closing_date
join rates as closing on
    paid_states.currency = closing.currency
    and closing_date >= closing.valid_from and closing_date < closing.valid_until
left join rates as next on
    paid_states.currency = next.currency
    and least(last_day(month + 32), as_of()) >= next.valid_from
    and least(last_day(month + 32), as_of()) < next.valid_until
group by all;

create temp macro movement_type(opening, revalued, closing, is_first) as case
    when opening is null and is_first then 'new'
    when opening is null then 'reactivation'
    when closing is null then 'churn'
    when closing > revalued then 'expansion'
    when closing < revalued then 'contraction'
    else 'unchanged'
end;

create temp table movements as
select
    month, user_id, coalesce(opening.arr, 0) as opening, coalesce(opening.revalued, 0) as revalued,
    coalesce(closing.arr, 0) as closing,
    movement_type(opening.arr, opening.revalued, closing.arr, first_paid >= month) as movement_type
from (select * replace ((month + interval '1 month')::date as month) from balances) as opening
full join balances as closing using (month, user_id)
join first_paid using (user_id)
where month <= as_of();

create temp table first_days as select user_id, date '0002-01-01' as first_day from first_paid;

-- `firsts` has the users wanted, each with the first day wanted.
create temp macro monthly_movements(firsts) as table (
    select
        month, user_id, monthly(opening) as opening_mrr, monthly(closing) as closing_mrr,
        (monthly(revalued) - monthly(opening))::decimal(18, 2) as fx_mrr,
        (monthly(closing) - monthly(revalued))::decimal(18, 2) as movement, movement_type
    from movements join query_table(firsts) using (user_id)
    where month >= month_of(first_day)
);

create table finance.mrr_movements_monthly as from monthly_movements('first_days');

-- Each step from opening to closing is rounded as a running sum, so that the steps add up.
create table finance.mrr_monthly as
with totals as (
    select
        month, closing_date = last_day(month) as is_complete, coalesce(sum(opening), 0) as opened,
        coalesce(sum(revalued), 0) as with_fx, coalesce(sum(closing), 0) as closed,
        with_fx + coalesce(sum(closing - revalued) filter (movement_type = 'new'), 0) as with_new,
        with_new + coalesce(sum(closing - revalued) filter (movement_type = 'reactivation'), 0) as with_reactivation,
        with_reactivation + coalesce(sum(closing - revalued) filter (movement_type = 'expansion'), 0)
            as with_expansion,
        with_expansion + coalesce(sum(closing - revalued) filter (movement_type = 'contraction'), 0)
            as with_contraction,
        count(*) filter (movement_type <> 'churn') as active_customers,
        count(*) filter (movement_type = 'new') as new_customers,
        count(*) filter (movement_type = 'churn') as churned_customers,
        count(*) filter (movement_type = 'reactivation') as reactivated_customers
    from months left join movements using (month) group by month, closing_date
),

steps as (
    select
        * replace (
            monthly(opened) as opened, monthly(with_fx) as with_fx, monthly(with_new) as with_new,
            monthly(with_reactivation) as with_reactivation, monthly(with_expansion) as with_expansion,
            monthly(with_contraction) as with_contraction, monthly(closed) as closed
        )
    from totals
),

mrr as (
    select
        month, opened as opening_mrr, with_new - with_fx as new_mrr,
        with_expansion - with_reactivation as expansion_mrr, with_expansion - with_contraction as contraction_mrr,
        with_contraction - closed as churned_mrr, with_reactivation - with_new as reactivation_mrr,
        with_fx - opened as fx_mrr, closed as closing_mrr, active_customers, new_customers, churned_customers,
        reactivated_customers, money_each(closed, active_customers) as arpa, is_complete
    from steps
)

select
    * exclude (is_complete),
    (opening_mrr + expansion_mrr - contraction_mrr - churned_mrr) / nullif(opening_mrr, 0) as nrr,
    (opening_mrr - contraction_mrr - churned_mrr) / nullif(opening_mrr, 0) as grr,
    (new_mrr + reactivation_mrr + expansion_mrr) / nullif(contraction_mrr + churned_mrr, 0) as quick_ratio,
    is_complete
from mrr;

-- A state is cut where its currency's rate changes; a piece adds to its first day and is taken from the one after it.
-- What began before the first day wanted begins on the day before it.
create temp macro daily_movements(firsts) as table (
    with pieces as (
        select
            user_id, greatest(from_date, valid_from, first_day - 1) as from_date,
            least(until_date, valid_until) as until_date, arr * rate as arr,
            if(until_date < valid_until, 0, arr * coalesce(next_rate - rate, 0)) as fx
        from query_table(firsts)
        join paid_states using (user_id)
        join rates on
            paid_states.currency = rates.currency and from_date < valid_until and until_date > valid_from
            and valid_until >= first_day
        where from_date < until_date and until_date >= first_day
    ),

    changes as (
        select user_id, from_date as day, 1 as pieces, arr as change, 0 as fx from pieces
        union all
        select user_id, until_date, -1, -arr, fx from pieces
    ),

    days as (
        select
            user_id, day, sum(pieces) as new_pieces, sum(change) as change, sum(fx) as fx,
            sum(new_pieces) over history as paid_pieces, sum(sum(change)) over history as closing
        from changes where day <= as_of() group by user_id, day
        window history as (partition by user_id order by day)
    ),

    movements as (
        select
            *, closing - change as opening, opening + fx as revalued,
            movement_type(
                if(paid_pieces > new_pieces, opening, null), revalued, if(paid_pieces > 0, closing, null),
                first_paid = day
            ) as movement_type
        from days join first_paid using (user_id)
        join query_table(firsts) using (user_id)
        where day >= first_day
    )

    select
        day as movement_date, user_id, monthly(opening) as opening_mrr, monthly(closing) as closing_mrr,
        (monthly(revalued) - monthly(opening))::decimal(18, 2) as fx_mrr,
        (monthly(closing) - monthly(revalued))::decimal(18, 2) as movement, movement_type
    from movements
    where fx_mrr <> 0 or movement <> 0
);

create table finance.mrr_movements_daily as from daily_movements('first_days');

-- The subscription that stopped paying last decides, by what became of it until the month's end.
create table finance.churn_monthly as
with endings as (
    select month, user_id, closing_date, subscription_id, ended_at
    from movements join months using (month)
    join paid_states using (user_id)
    where movement_type = 'churn' and until_date > opening_date and until_date <= closing_date
    qualify row_number() over (partition by month, user_id order by ended_at desc, subscription_id) = 1
),

involuntary as (
    select month, count(distinct endings.user_id) as involuntary_churned
    from endings join states on
        endings.subscription_id = states.subscription_id and effective_at >= endings.ended_at
        and from_date <= closing_date and is_involuntary
    group by month
)

select
    month, active_customers + churned_customers - new_customers - reactivated_customers as customers_at_start,
    churned_customers, churned_customers - coalesce(involuntary_churned, 0) as voluntary_churned,
    coalesce(involuntary_churned, 0) as involuntary_churned,
    churned_customers / nullif(customers_at_start, 0) as logo_churn_rate,
    (contraction_mrr + churned_mrr) / nullif(opening_mrr, 0) as gross_revenue_churn_rate,
    (contraction_mrr + churned_mrr - expansion_mrr) / nullif(opening_mrr, 0) as net_revenue_churn_rate
from finance.mrr_monthly left join involuntary using (month);

create table finance.acquisition_monthly as
with named_users as (
    select *, coalesce(nullif(acquisition_channel, 'all'), 'unknown') as channel from users
),

acquisitions as (
    select month_of(registered_at) as month, channel, count(*) as registrations, 0 as new_customers, 0 as spend
    from named_users where is_test is not true and registered_at::date <= as_of() group by all
    union all
    select month_of(first_paid), coalesce(channel, 'unknown') as channel, 0, count(*), 0
    from first_paid left join named_users using (user_id) where first_paid <= as_of() group by all
    union all
    select month_of(spend_date), coalesce(nullif(channel, 'all'), 'unknown') as named, 0, 0,
        sum(spend_minor * unit * rate)
    from marketing_spend asof left join rates on
        marketing_spend.currency = rates.currency and spend_date >= valid_from
    where spend_date <= as_of() group by all
),

with_total as (
    from acquisitions
    union all
    select * replace ('all' as channel) from acquisitions
),

totals as (
    select
        month, channel, money(coalesce(sum(spend), 0)) as spend, coalesce(sum(registrations), 0)::bigint
            as registrations, coalesce(sum(new_customers), 0)::bigint as new_customers
    from (select unnest(generate_series(min(month), as_of(), interval '1 month'))::date as month from acquisitions)
    cross join (select distinct channel from with_total)
    left join with_total using (month, channel)
    group by month, channel
)

select
    totals.*, money_each(spend, totals.new_customers) as cac, cac / nullif(arpa, 0) as payback_months
from totals left join finance.mrr_monthly using (month);

create table finance.unit_economics_monthly as
select
    month, arpa, 1.0::double as gross_margin, logo_churn_rate,
    money_each(arpa * customers_at_start, churn.churned_customers) as ltv, cac,
    ltv / nullif(cac, 0) as ltv_to_cac, payback_months
from finance.mrr_monthly as mrr
join finance.churn_monthly as churn using (month)
left join (from finance.acquisition_monthly where channel = 'all') using (month);

-- Of a bill only the fee is revenue; a refund takes back what was revenue of it, at the earliest in the first month.
create table finance.clv_cohorts as
with revenue as (
    select
        attempt_id, user_id, kind, currency, payment_date,
        if(kind = 'bill', fee_minor, amount_minor + fee_minor) as minor
    from payments where user_id is not null and status = 'succeeded' and minor > 0 and payment_date <= as_of()
),

flows as (
    select user_id, payment_date, currency, minor from revenue
    union all
    select
        user_id, refund_date, coalesce(refunds.currency, revenue.currency),
        -if(kind = 'bill', fee_minor, amount_minor + fee_minor)
    from revenue join refunds using (attempt_id) where refund_date <= as_of()
),

customers as (select user_id, month_of(min(payment_date)) as cohort_month from revenue group by user_id),

monthly_values as (
    select cohort_month, greatest(month_of(payment_date), cohort_month) as month, sum(minor * unit * rate) as value
    from flows join customers using (user_id)
    asof left join rates on flows.currency = rates.currency and payment_date >= valid_from
    group by all
),

cohort_months as (
    select
        cohort_month, count(*) as customers,
        unnest(generate_series(cohort_month, as_of(), interval '1 month'))::date as month
    from customers group by cohort_month
),

running as (
    select *, sum(coalesce(value, 0)) over (partition by cohort_month order by month) as total
    from cohort_months left join monthly_values using (cohort_month, month)
)

select
    cohort_month, date_diff('month', cohort_month, month)::integer as months_since, customers,
    money(total) as cumulative_value, money_each(total, customers) as value_per_customer
from running;
