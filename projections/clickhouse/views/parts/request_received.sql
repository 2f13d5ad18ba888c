SELECT ${bound}(w.received_at) FROM ${store}.webhook_raw AS w ${appended} AND w.request_id != ''
