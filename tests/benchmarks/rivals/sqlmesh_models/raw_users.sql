MODEL (name raw.users, kind FULL);

SELECT DISTINCT ON (user_id) user_id, is_test
FROM READ_JSON(
    'users/*/*.ndjson.gz',
    columns = {user_id: 'varchar', is_test: 'boolean', updated_at: 'timestamp'},
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
WHERE updated_at <= dt + INTERVAL '2 days'
ORDER BY user_id, updated_at DESC, dt DESC
