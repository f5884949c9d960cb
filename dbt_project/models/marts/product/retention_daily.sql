{{ retention('active_users', day_of, add_days, days_between) }}
