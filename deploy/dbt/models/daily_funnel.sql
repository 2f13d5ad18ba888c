{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by='toMonday(day)',
    order_by='(day, account, provider, connection_id, campaign)',
    engine='MergeTree()'
) }}

{%- set weeks = changed_weeks(source('recibo', 'messages')) if is_incremental() else none %}

with counted as (
    select
        toDate(m.first_at, '{{ var("recibo_time_zone") }}') as day,
        cast(m.account as String) as account,
        cast(m.provider as String) as provider,
        cast(m.connection_id as String) as connection_id,
        cast(m.campaign as String) as campaign,
        count() as messages,
        countIf(m.is_sent) as sent,
        countIf(m.is_delivered) as delivered,
        countIf(m.is_read) as read,
        countIf(m.is_failed and not m.is_delivered) as failed,
        countIf(not m.is_failed and not m.is_delivered) as open,
        countIf(m.conflict) as conflict,
        assumeNotNull(toDateTime64(max(m.last_event_at), 3, 'UTC')) as last_event_at
    from {{ source('recibo', 'messages') }} as m
    {%- if weeks is none %}
    where m.anchor_day >= toDate('{{ var("recibo_since") }}') - 1 and day >= toDate('{{ var("recibo_since") }}')
    {%- else %}
    where m.anchor_day between arrayMin({{ weeks }}) - 1 and arrayMax({{ weeks }}) + 6 + 16  -- a message's own day is at most 16 before
        and has({{ weeks }}, toMonday(day)) and day >= toDate('{{ var("recibo_since") }}')
    {%- endif %}
    group by day, account, provider, connection_id, campaign
)

select * from counted
{%- if weeks is not none %}
union all
-- A week whose messages have all turned out to belong to earlier ones leaves a row with 0 messages, which replaces it.
select week as day, '', '', '', '', 0, 0, 0, 0, 0, 0, 0, toDateTime64(0, 3, 'UTC')
from (select arrayJoin({{ weeks }}) as week)
where week not in (select toMonday(day) from counted)
{%- endif %}
