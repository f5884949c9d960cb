{{ retention('first_in_week', week_of, add_weeks, weeks_between) }}
