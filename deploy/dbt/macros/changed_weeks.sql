{# The weeks (their Mondays, as an array literal) whose messages are not what they were when this model last ran.

   A message is of the week of its own day (first_at, in recibo_time_zone). An event with an earlier time moves it to an earlier
   day, from one not later than its anchor_day. One that is known under several ids, or came back after the horizon of 45
   days, may have been two messages until now, the other of any week up to its last event: all those are recounted. #}
{% macro changed_weeks(messages) %}
  {%- set asked %}
    select distinct arrayJoin(arrayMap(
        n -> toMonday(toDate(first_at, '{{ var("recibo_time_zone") }}')) + 7 * n,
        range(1 + toUInt32(greatest(0, intDiv(
            toMonday(if(
                notEmpty(aliases) or dateDiff('day', anchor_at, last_event_at) >= 45,
                toDate(last_event_at, 'UTC'),
                anchor_day) + 1)
            - toMonday(toDate(first_at, '{{ var("recibo_time_zone") }}')),
            7))))
    )) as week
    from {{ messages }}
    where anchor_day >= today() - {{ var('recibo_changed_days') }}
        and last_event_at >= (select max(last_event_at) from {{ this }}) - toIntervalHour({{ var('recibo_lookback_hours') }})
    order by week
  {%- endset -%}
  {%- set weeks = run_query(asked).columns[0].values() if execute else [] -%}
  cast([{% for week in weeks %}'{{ week }}'{{ ', ' if not loop.last }}{% endfor %}], 'Array(Date)')
{%- endmacro %}
