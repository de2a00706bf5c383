-- What wrk runs: it asks for each of the paths in turn that stand after "--", and prints exact numbers as JSON.
-- With PAUSE in the environment, each connection waits so many milliseconds between two requests, more or less.

function init(args)
   if #args > 0 then
      local turn = 0
      request = function()
         turn = turn % #args + 1
         return wrk.format("GET", args[turn])
      end
   end
   local pause = tonumber(os.getenv("PAUSE") or 0)
   if pause > 0 then
      delay = function() return math.random(0, 2 * pause) end
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p95": %f, "p99": %f, "slowest": %f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout
   ))
end
