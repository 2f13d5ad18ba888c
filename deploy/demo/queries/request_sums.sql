SELECT uniqExact(request_id), 0, 0 FROM recibo_store.webhook_request WHERE ${request}
