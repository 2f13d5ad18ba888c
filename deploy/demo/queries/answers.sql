SELECT http_status, sum(requests) AS requests FROM recibo.answers GROUP BY http_status
