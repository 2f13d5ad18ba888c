{# The weeks (their Mondays, as an array literal) whose messages are not what they were when this model last ran.

   A message is of the week of its anchor_day. One that is known under several ids, or came back after the horizon of 45
   days, may have been two messages until now, the other of any week up to its last event: all those are recounted. #}
{% macro changed_weeks(messages) %}
  {%- set asked %}
    select distinct arrayJoin(arrayMap(
        n -> toMonday(anchor_day) + 7 * n,
        range(1 + if(
            notEmpty(aliases) or dateDiff('day', anchor_at, last_event_at) >= 45,
            toUInt32(intDiv(toMonday(toDate(last_event_at, 'UTC')) - toMonday(anchor_day), 7)),
            0))
    )) as week
    from {{ messages }}
    where last_event_at >= (select max(last_event_at) from {{ this }}) - toIntervalHour({{ var('recibo_lookback_hours') }})
    order by week
  {%- endset -%}
  {%- set weeks = run_query(asked).columns[0].values() if execute else [] -%}
  cast([{% for week in weeks %}'{{ week }}'{{ ', ' if not loop.last }}{% endfor %}], 'Array(Date)')
{%- endmacro %}
