-- Connect to WRK_ADDRESS and WRK_PORT, whatever the URL's host name resolves to.
function setup(thread)
   local address = os.getenv("WRK_ADDRESS")
   if address then
      thread.addr = wrk.lookup(address, os.getenv("WRK_PORT"))[1]
   end
end

-- Print what wrk saw as a line of JSON: https://github.com/wg/wrk/blob/master/SCRIPTING
function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format(
      '{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, ' ..
      '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      e.connect, e.read, e.write, e.status, e.timeout))
end
