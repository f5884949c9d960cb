-- A year of product figures up to 18 October 2026: growth with a weekly rhythm, three platforms, six channels.
create schema product;
create macro noise(what, day) as (hash(what, day) % 1000003) / 1000003.0;
create macro rhythm(day) as case when isodow(day) >= 6 then 0.72 else 1.0 end;
create macro growth(day) as 1 + 0.0028 * date_diff('day', date '2025-10-01', day);

create table product.active_users_daily as
with days as (select cast(day as date) as activity_date from range(date '2025-10-01', date '2026-10-19', interval 1 day) t (day)),
shares as (from (values ('all', 1.0), ('web', 0.52), ('ios', 0.31), ('android', 0.27)) t (platform, share))
select activity_date, platform,
    cast(410 * share * growth(activity_date) * rhythm(activity_date) * (0.95 + 0.1 * noise(platform, activity_date)) as bigint) as dau,
    cast(1150 * share * growth(activity_date) * (0.99 + 0.02 * noise(platform, activity_date)) as bigint) as wau,
    cast(1900 * share * growth(activity_date) * (0.995 + 0.01 * noise(platform, activity_date)) as bigint) as mau,
    dau / nullif(mau, 0) as stickiness
from days cross join shares;

create table product.user_lifecycle_daily as
select activity_date,
    cast(dau * 0.06 as bigint) as new_users,
    dau - cast(dau * 0.06 as bigint) - cast(dau * 0.33 as bigint) as returning_users,
    cast(dau * 0.33 as bigint) as resurrected_users,
    cast(dau * (0.34 + 0.05 * noise('dormant', activity_date)) as bigint) as dormant_users
from product.active_users_daily where platform = 'all';

create table product.registrations_daily as
with channels as (from (values ('organic', 9), ('paid_search', 7), ('social', 5), ('referral', 4), ('partner', 2), ('unknown', 1)) t (acquisition_channel, base))
select activity_date as registration_date, acquisition_channel,
    cast(base * growth(activity_date) * rhythm(activity_date) * (0.4 + 1.2 * noise(acquisition_channel, activity_date)) as bigint) as registrations,
    cast(registrations * (0.55 + 0.3 * noise('activated' || acquisition_channel, activity_date)) as bigint) as activated_within_7d
from product.active_users_daily cross join channels where platform = 'all';

create table product.retention_monthly as
with cohorts as (select cast(month as date) as cohort from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month)),
ages as (from range(0, 13) t (period_number))
select cohort, cast(period_number as integer) as period_number,
    cast(300 + 18 * month(cohort) + 60 * noise('size', cohort) as bigint) as cohort_size,
    case when period_number = 0 then cohort_size
        else cast(cohort_size * (0.22 + 0.40 * exp(-0.45 * period_number) + 0.03 * noise(period_number, cohort)) as bigint) end as retained_users,
    retained_users / nullif(cohort_size, 0) as retention_rate,
    cohort + to_months(cast(period_number as integer)) < date '2026-10-01' as is_complete
from cohorts cross join ages
where cohort + to_months(cast(period_number as integer)) <= date '2026-10-01';

create table product.retention_weekly as
with cohorts as (select cast(week as date) as cohort from range(date '2026-07-20', date '2026-10-19', interval 7 day) t (week)),
ages as (from range(0, 13) t (period_number))
select cohort, cast(period_number as integer) as period_number,
    cast(90 + 30 * noise('size', cohort) as bigint) as cohort_size,
    case when period_number = 0 then cohort_size
        else cast(cohort_size * (0.30 + 0.35 * exp(-0.5 * period_number) + 0.04 * noise(period_number, cohort)) as bigint) end as retained_users,
    retained_users / nullif(cohort_size, 0) as retention_rate,
    cohort + cast(7 * period_number as integer) <= date '2026-10-12' as is_complete
from cohorts cross join ages where cohort + cast(7 * period_number as integer) <= date '2026-10-18';

create table product.retention_daily as
select cohort, cast(period_number as integer) as period_number, 14::bigint as cohort_size,
    case when period_number = 0 then 14 else cast(6 + 4 * noise(period_number, cohort) - 0.2 * period_number as bigint) end::bigint as retained_users,
    retained_users / nullif(cohort_size, 0) as retention_rate, true as is_complete
from (select cast(day as date) as cohort from range(date '2026-09-19', date '2026-10-19', interval 1 day) t (day))
cross join range(0, 15) ages (period_number) where cohort + cast(period_number as integer) <= date '2026-10-18';

create table product.engagement_daily as
select activity_date, platform,
    cast(dau * (1.5 + 0.2 * noise('s' || platform, activity_date)) as bigint) as sessions,
    cast(sessions * (0.62 + 0.06 * noise('e' || platform, activity_date)) as bigint) as engaged_sessions,
    1 - engaged_sessions / nullif(sessions, 0) as bounce_rate,
    round(140 + 60 * noise('m' || platform, activity_date), 1) as median_session_seconds,
    round(210 + 80 * noise('a' || platform, activity_date), 1) as avg_session_seconds,
    round(6 + 2 * noise('v' || platform, activity_date), 2) as events_per_session,
    0.008 + 0.01 * noise('x' || platform, activity_date) as error_rate
from product.active_users_daily;

create table product.user_flows_daily as
with pages as (from (values ('/dashboard', '/bills', 40), ('/bills', '/pay', 31), ('/pay', '/dashboard', 22), ('/dashboard', '/meters', 17),
    ('/meters', '/dashboard', 14), ('/dashboard', '/group', 12), ('/pricing', '/signup', 9), ('/help', '/bills', 5),
    ('/settings', '/dashboard', 7), ('/dashboard', '/settings', 8), ('/bills', '/help', 4), ('/pay', '/help', 2)) t (from_page, to_page, weight))
select activity_date, from_page, to_page,
    cast(weight * growth(activity_date) * rhythm(activity_date) * (0.7 + 0.6 * noise(from_page || to_page, activity_date)) as bigint) as transitions
from product.active_users_daily cross join pages where platform = 'all';

create table product.feature_adoption_monthly as
with months as (select cast(month as date) as month from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month)),
features as (from (values ('bill_split', 0.61), ('meter_photo', 0.42), ('direct_debit', 0.33), ('reminders', 0.28), ('reports', 0.17), ('export', 0.06)) t (feature, share))
select month, feature,
    cast(1500 * growth(month) * share * (0.93 + 0.14 * noise(feature, month)) * case when month = date '2026-10-01' then 0.7 else 1 end as bigint) as users,
    cast(users * 0.55 as bigint) as repeat_users,
    users / nullif(cast(1600 * growth(month) as bigint), 0) as adoption_rate
from months cross join features;

create table product.group_participation_monthly as
select cast(month as date) as month,
    cast(180 * growth(month::date) as bigint) as groups, cast(700 * growth(month::date) as bigint) as members,
    cast(members * (0.55 + 0.1 * noise('group', month::date)) * case when month = date '2026-10-01' then 0.8 else 1 end as bigint) as participating_members,
    participating_members / nullif(members, 0) as participation_rate
from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month);

create table product.meter_compliance_monthly as
select cast(month as date) as month, utility,
    cast(base * growth(month::date) as bigint) as due,
    cast(due * (rate + 0.08 * noise(utility, month::date)) * case when month = date '2026-10-01' then 0.4 else 1 end as bigint) as on_time,
    cast((due - on_time) * 0.4 as bigint) as late, due - on_time - late as missing,
    on_time / nullif(due, 0) as compliance_rate
from range(date '2025-10-01', date '2026-11-01', interval 1 month) t (month)
cross join (values ('electricity', 220, 0.80), ('water', 150, 0.74), ('gas', 90, 0.70), ('heat', 60, 0.66)) u (utility, base, rate);
