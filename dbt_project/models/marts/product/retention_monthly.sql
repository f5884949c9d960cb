{{ retention('first_in_month', month_of, add_months, months_between) }}
