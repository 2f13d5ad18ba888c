SELECT sum(messages) AS messages, sum(queued) AS queued, sum(created) AS created, sum(sent) AS sent, sum(delivered) AS delivered,
    sum(read) AS read, sum(error) AS error, sum(expired) AS expired, sum(number_not_found) AS number_not_found,
    sum(failed) AS failed, sum(open) AS open, sum(conflict) AS conflict, sum(delivered_inferred) AS delivered_inferred
FROM ${views}.funnel(time_zone = 'America/Sao_Paulo', since = '2020-01-01', until = '2099-12-31')
