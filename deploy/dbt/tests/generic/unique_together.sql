{# No two rows have the same values in all of `columns`. #}
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count() as times
from {{ model }}
group by {{ columns | join(', ') }}
having times > 1
{% endtest %}
