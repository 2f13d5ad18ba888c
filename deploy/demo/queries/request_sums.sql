SELECT uniqExact(request_id), 0, 0 FROM ${store}.webhook_request WHERE ${request}
