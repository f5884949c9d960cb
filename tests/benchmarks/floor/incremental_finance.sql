-- The large tables of finance, one more day: customers with a changed subscription from their first day on, all others
-- from the first day on that is new or has another rate.
set variable rates_since = (select least(min(rate_date), getvariable('next_day')) from new_exchange_rates);

create temp table changed_customers as
select distinct user_id from subscriptions semi join new_subscriptions using (subscription_id);

create or replace table first_days as
select
    user_id, if(user_id in (from changed_customers), date '0002-01-01', getvariable('rates_since')) as first_day
from first_paid;

delete from finance.mrr_movements_daily
where movement_date >= getvariable('rates_since') or user_id in (from changed_customers);
insert into finance.mrr_movements_daily from daily_movements('first_days');
delete from finance.mrr_movements_monthly
where month >= month_of(getvariable('rates_since')) or user_id in (from changed_customers);
insert into finance.mrr_movements_monthly from monthly_movements('first_days');
