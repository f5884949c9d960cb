-- Finance is held back: its tables report up to 12 October 2026, a release before the newest.
create schema finance;

create table finance.payments_daily as
with days as (select cast(day as date) as payment_date from range(date '2025-10-01', date '2026-10-13', interval 1 day) t (day)),
kinds as (from (values ('bill', 'card', 26, 48.0), ('bill', 'bank_transfer', 12, 61.0), ('bill', 'direct_debit', 19, 55.0), ('bill', 'wallet', 8, 33.0),
    ('subscription', 'card', 9, 12.5), ('subscription', 'direct_debit', 5, 12.5), ('service', 'card', 2, 85.0)) t (kind, method, base, price))
select payment_date, kind, method,
    cast(base * growth(payment_date) * rhythm(payment_date) * (0.6 + 0.8 * noise(kind || method, payment_date)) as bigint) as attempts,
    cast(attempts * (0.90 + 0.06 * noise('ok' || method, payment_date) - case when payment_date between '2026-09-08' and '2026-09-10' and method = 'card' then 0.25 else 0 end) as bigint) as succeeded,
    cast((attempts - succeeded) * 0.9 as bigint) as failed, attempts - succeeded - failed as pending,
    succeeded / nullif(succeeded + failed, 0) as success_rate,
    cast(succeeded * price * (0.9 + 0.2 * noise('v' || kind, payment_date)) as decimal(18, 2)) as volume,
    cast(volume / nullif(succeeded, 0) as decimal(18, 2)) as avg_value,
    cast(volume * 0.014 as decimal(18, 2)) as fee_revenue,
    cast(volume * 0.03 * noise('r' || kind || method, payment_date) as decimal(18, 2)) as refunded,
    cast(refunded * 0.1 as decimal(18, 2)) as chargebacks,
    cast(volume - refunded as decimal(18, 2)) as net_volume
from days cross join kinds;

create table finance.payment_recovery_monthly as
select cast(month as date) as month,
    cast(2200 * growth(month::date) * case when month = date '2026-10-01' then 0.38 else 1 end as bigint) as intents,
    cast(intents * (0.88 + 0.03 * noise('first', month::date)) as bigint) as first_attempt_successes,
    cast((intents - first_attempt_successes) * 0.56 as bigint) as recovered,
    cast((intents - first_attempt_successes) * 0.36 as bigint) as lost,
    first_attempt_successes / nullif(intents, 0) as first_attempt_rate,
    (first_attempt_successes + recovered) / nullif(intents, 0) as eventual_rate,
    cast(18 + 20 * noise('hours', month::date) as decimal(18, 2)) as median_hours_to_recover
from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month);

create table finance.mrr_monthly as
with recursive movements as (
    select cast(month as date) as month, row_number() over (order by month) as number,
        case when month = date '2026-10-01' then 0.35 else 1.0 end as part,
        cast((900 + 420 * noise('new', month::date)) * part as decimal(18, 2)) as new_mrr,
        cast((240 + 160 * noise('exp', month::date)) * part as decimal(18, 2)) as expansion_mrr,
        cast((120 + 90 * noise('con', month::date)) * part as decimal(18, 2)) as contraction_mrr,
        cast((380 + 240 * noise('churn', month::date)) * part as decimal(18, 2)) as churned_mrr,
        cast((60 + 60 * noise('back', month::date)) * part as decimal(18, 2)) as reactivation_mrr,
        cast((noise('fx', month::date) - 0.5) * 80 as decimal(18, 2)) as fx_mrr
    from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month)
),
chain as (
    select *, cast(4200 as decimal(18, 2)) as opening_mrr,
        cast(4200 + new_mrr + expansion_mrr - contraction_mrr - churned_mrr + reactivation_mrr + fx_mrr as decimal(18, 2)) as closing_mrr
    from movements where number = 1
    union all
    select movements.*, chain.closing_mrr,
        cast(chain.closing_mrr + movements.new_mrr + movements.expansion_mrr - movements.contraction_mrr - movements.churned_mrr
            + movements.reactivation_mrr + movements.fx_mrr as decimal(18, 2))
    from chain join movements on movements.number = chain.number + 1
)
select month, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, fx_mrr, closing_mrr,
    cast(closing_mrr / 12.8 as bigint) as active_customers, cast(new_mrr / 12.5 as bigint) as new_customers,
    cast(churned_mrr / 12.1 as bigint) as churned_customers, cast(reactivation_mrr / 12.4 as bigint) as reactivated_customers,
    cast(closing_mrr / nullif(active_customers, 0) as decimal(18, 2)) as arpa,
    cast((opening_mrr + expansion_mrr - contraction_mrr - churned_mrr) / opening_mrr as double) as nrr,
    cast((opening_mrr - contraction_mrr - churned_mrr) / opening_mrr as double) as grr,
    cast((new_mrr + reactivation_mrr + expansion_mrr) / nullif(contraction_mrr + churned_mrr, 0) as double) as quick_ratio,
    month < date '2026-10-01' as is_complete
from chain;

create table finance.mrr_movements_monthly as
select month, 'u-' || cast(customer as varchar) as user_id, cast(12.5 as decimal(18, 2)) as opening_mrr, cast(15 as decimal(18, 2)) as closing_mrr,
    cast(0 as decimal(18, 2)) as fx_mrr, cast(2.5 as decimal(18, 2)) as movement, 'expansion' as movement_type
from finance.mrr_monthly cross join range(1, 9) t (customer);
create table finance.mrr_movements_daily as
select month + 3 as movement_date, user_id, opening_mrr, closing_mrr, fx_mrr, movement, movement_type from finance.mrr_movements_monthly;

create table finance.churn_monthly as
select month, cast(opening_mrr / 12.8 as bigint) as customers_at_start, churned_customers,
    cast(churned_customers * 0.7 as bigint) as voluntary_churned, churned_customers - cast(churned_customers * 0.7 as bigint) as involuntary_churned,
    churned_customers / nullif(customers_at_start, 0) as logo_churn_rate,
    cast((contraction_mrr + churned_mrr) / opening_mrr as double) as gross_revenue_churn_rate,
    cast((contraction_mrr + churned_mrr - expansion_mrr) / opening_mrr as double) as net_revenue_churn_rate
from finance.mrr_monthly;

create table finance.acquisition_monthly as
with channels as (from (values ('organic', 0, 0.30), ('paid_search', 1500, 0.28), ('social', 900, 0.18), ('referral', 250, 0.16), ('partner', 400, 0.08)) t (channel, budget, share)),
parts as (
    select month, channel, cast(budget * (0.8 + 0.4 * noise(channel, month)) * case when is_complete then 1 else 0.35 end as decimal(18, 2)) as spend,
        cast(700 * share * growth(month) as bigint) as registrations, cast(new_customers * share as bigint) as new_customers, arpa
    from finance.mrr_monthly cross join channels
),
everything as (
    from parts union all
    select month, 'all', sum(spend), cast(sum(registrations) as bigint), cast(sum(new_customers) as bigint), max(arpa) from parts group by month
)
select month, channel, cast(spend as decimal(18, 2)) as spend, registrations, new_customers,
    cast(spend / nullif(new_customers, 0) as decimal(18, 2)) as cac, cast(cac / nullif(arpa, 0) as double) as payback_months
from everything;

create table finance.customer_value as
select 'u-' || cast(customer as varchar) as user_id, timestamp '2025-10-01' + to_days(cast(customer % 360 as integer)) as first_payment_at,
    cast(1 + 14 * noise('payments', customer) as bigint) as payments,
    cast(payments * 12.4 as decimal(18, 2)) as historical_value,
    12 * noise('expected', customer) as expected_payments_12m, cast(expected_payments_12m * 12.2 as decimal(18, 2)) as expected_value_12m,
    0.2 + 0.8 * noise('alive', customer) as probability_alive, cast(historical_value + expected_value_12m as decimal(18, 2)) as clv
from range(1, 601) t (customer);

create table finance.clv_model as
select date '2026-10-12' as fitted_as_of, parameter, value from (values ('r', 0.61), ('alpha', 5.2), ('a', 0.44), ('b', 2.1),
    ('bgnbd_log_likelihood', -8123.4), ('p', 5.3), ('q', 4.1), ('v', 14.2), ('gamma_gamma_log_likelihood', -3120.7), ('customers', 600.0), ('repeat_customers', 471.0)) t (parameter, value);

create table finance.clv_cohorts as
select cast(month as date) as cohort_month, cast(age as integer) as months_since, cast(40 + 10 * noise('c', month::date) as bigint) as customers,
    cast(customers * (12 + 10.5 * age * (0.9 + 0.2 * noise('value', month::date)) - 0.25 * age * age) as decimal(18, 2)) as cumulative_value,
    cast(cumulative_value / nullif(customers, 0) as decimal(18, 2)) as value_per_customer
from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month) cross join range(0, 13) ages (age)
where month + to_months(cast(age as integer)) <= date '2026-10-01';

create table finance.unit_economics_monthly as
select churn.month, mrr.arpa, 0.78 as gross_margin, churn.logo_churn_rate,
    cast(mrr.arpa * 0.78 / nullif(churn.logo_churn_rate, 0) as decimal(18, 2)) as ltv, acquisition.cac,
    cast(ltv / nullif(acquisition.cac, 0) as double) as ltv_to_cac, acquisition.payback_months
from finance.churn_monthly as churn join finance.mrr_monthly as mrr using (month)
join finance.acquisition_monthly as acquisition on acquisition.month = churn.month and acquisition.channel = 'all';
-- A month in which nobody churned and nobody was won has neither a lifetime value nor a cost.
update finance.unit_economics_monthly set ltv = null, ltv_to_cac = null, logo_churn_rate = 0 where month = date '2025-12-01';
