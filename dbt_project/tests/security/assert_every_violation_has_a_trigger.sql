-- Fails if a violation has no event with which its rule was broken.
select
    violation_id,
    rule,
    subject
from {{ ref('compliance_violations') }}
where detected_at is null
