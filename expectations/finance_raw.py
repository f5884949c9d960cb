"""Sums of money from raw alone: a second way to the figures of finance, on purpose not that of the models."""

from __future__ import annotations

from dagster_project.settings import Reporting
from dagster_project.warehouse.local_days import local_day
from expectations.suite import AS_OF

# Each published cell is rounded to the penny on its own.
ROUNDING = "0.005 * count(*)"

# When the as-of day is over, in UTC: what happened later is in no figure of customers.
END = f"((cast({AS_OF} + 1 as timestamp) at time zone '{{zone}}') at time zone 'UTC')"
SPENT = f"""
    select cast(spend_date as timestamp) as moved_at, currency, spend_minor as amount_minor from raw.marketing_spend
    where spend_date <= {AS_OF}
"""
REVENUE = """
    select attempt_id, user_id, kind, attempted_at as moved_at, currency,
        case kind when 'bill' then 0 else amount_minor end + coalesce(fee_minor, 0) as amount_minor
    from raw.payments
    where status = 'succeeded' and user_id is not null and attempted_at < {end}
        and case kind when 'bill' then 0 else amount_minor end + coalesce(fee_minor, 0) > 0
"""
VOLUME = """
    select attempted_at as moved_at, currency, amount_minor from raw.payments where status = 'succeeded'
"""
REFUNDED = """
    select
        refunds.refunded_at as moved_at,
        coalesce(refunds.currency, payments.currency, '{reporting_currency}') as currency,
        refunds.amount_minor
    from raw.refunds
    left join raw.payments on refunds.attempt_id = payments.attempt_id
"""
VALUE = f"""
    with revenue as ({REVENUE})
    select moved_at, currency, amount_minor from revenue
    union all
    select refunds.refunded_at, coalesce(refunds.currency, revenue.currency),
        -case kind when 'bill' then 0 else refunds.amount_minor end - coalesce(refunds.fee_minor, 0)
    from raw.refunds inner join revenue on refunds.attempt_id = revenue.attempt_id
    where refunds.refunded_at < {{end}}
"""


def converted(reporting: Reporting, movements: str, zone: str | None = None) -> str:
    """A query for the sum of movements of money in the reporting currency, from raw alone and unrounded.

    A second way to the figure, on purpose not that of the models: per day and currency, times the last known rate.
    Null where one is missing, so that nothing equals it. Days are of `zone`, unless given the reporting one.
    """
    currency, zone = reporting.reporting_currency, zone or reporting.reporting_timezone
    end = END.format(zone=reporting.reporting_timezone)
    return f"""
        with daily as (
            select
                {local_day("moved_at", zone)} as moved_on,
                currency,
                sum(amount_minor) as minor
            from ({movements.format(reporting_currency=currency, end=end)}) as movements
            group by moved_on, currency
        ),
        amounts as (
            select
                daily.minor / power(10, currencies.minor_unit_exponent)
                * case when daily.currency = '{currency}' then 1 else cast(rates.rate as double) end as amount
            from daily
            left join staging.currencies as currencies on daily.currency = currencies.currency
            asof left join raw.exchange_rates as rates
                on daily.currency = rates.currency and daily.moved_on >= rates.rate_date
        )
        select case when count(*) = count(amount) then coalesce(sum(amount), 0) end from amounts
    """


def recurring(reporting: Reporting) -> str:
    """A query for the recurring revenue at the end of the as-of day, from raw alone, unrounded and in doubles."""
    return f"""
        with states as (
            select *, row_number() over (partition by subscription_id order by effective_at desc) as latest_first
            from raw.subscriptions
            where effective_at < {END.format(zone=reporting.reporting_timezone)}
        ),
        amounts as (
            select
                states.currency,
                greatest(states.amount_minor::double * coalesce(quantity, 1) - coalesce(discount_minor, 0), 0)
                / power(10, minor_unit_exponent) / coalesce(interval_count, 1)
                * case "interval" when 'month' then 1 when 'year' then 1 / 12 when 'week' then 52 / 12 else 365 / 12 end
                    as mrr,
                {AS_OF} as day
            from states
            left join staging.currencies as currencies on states.currency = currencies.currency
            where latest_first = 1 and status in ('active', 'past_due')
        )
        select coalesce(sum(
            mrr * case amounts.currency when '{reporting.reporting_currency}' then 1 else cast(rate as double) end
        ), 0)
        from amounts
        asof left join raw.exchange_rates as rates
            on amounts.currency = rates.currency and amounts.day >= rates.rate_date
    """
