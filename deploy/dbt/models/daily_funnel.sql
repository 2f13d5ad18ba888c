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
        m.anchor_day as day,
        m.account as account,
        toString(m.provider) as provider,
        toString(m.connection_id) as connection_id,
        toString(m.campaign) as campaign,
        count() as messages,
        countIf(m.is_sent) as sent,
        countIf(m.is_delivered) as delivered,
        countIf(m.is_read) as read,
        countIf(m.is_failed and not m.is_delivered) as failed,
        countIf(not m.is_failed and not m.is_delivered) as open,
        countIf(m.conflict) as conflict,
        toDateTime64(max(m.last_event_at), 3, 'UTC') as last_event_at
    from {{ source('recibo', 'messages') }} as m
    {%- if weeks is not none %}
    where m.anchor_day between arrayMin({{ weeks }}) and arrayMax({{ weeks }}) + 6  -- reads only these partitions
        and has({{ weeks }}, toMonday(m.anchor_day))
    {%- endif %}
    group by day, account, provider, connection_id, campaign
)

{% if weeks is none -%}
select * from counted
{%- else -%}
-- A week whose messages have all turned out to belong to earlier ones leaves a row with 0 messages, which replaces it.
select if(counted.messages = 0, changed.week, counted.day) as day, counted.* except (day)
from (select arrayJoin({{ weeks }}) as week) as changed
left join counted on toMonday(counted.day) = changed.week
{%- endif %}
