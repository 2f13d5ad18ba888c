{{ config(materialized='table', order_by='(account, name, day, class)', engine='MergeTree()') }}

with latest as (
    select account, name, day, argMax(run, (made_at, run)) as latest_run
    from {{ source('recibo', 'reconciliation_daily') }}
    group by account, name, day
)

select
    cast(d.account as String) as account,
    d.name as name,
    assumeNotNull(d.day) as day,
    d.class as class,
    d.rows as rows,
    d.run as run,
    d.made_at as made_at
from {{ source('recibo', 'reconciliation_daily') }} as d
inner join latest as l on l.account = d.account and l.name = d.name and l.day = d.day and l.latest_run = d.run
