-- wrk script: posts the signed requests of a file (see webhook_traffic.py), one after the other; last line: figures as JSON.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  requests = {}
  for line in io.lines(args[1]) do
    local path, header, signature, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "bench/1", ["Accept"] = "*/*" }
    headers[header] = signature
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
  next_request = number * 7919 % #requests
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency, _)
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "refused": %d, "errors": %d, "p50_ms": %.3f, "p99_ms": %.3f, "p999_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
