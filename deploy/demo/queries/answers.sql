SELECT http_status, sum(requests) AS requests FROM ${views}.answers GROUP BY http_status
