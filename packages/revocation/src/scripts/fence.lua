-- Proves freshness: writes the caller's member record and reads the log onward, in one step. The write is the proof, once a
-- majority of the servers has it; whoever sent this knew nothing newer than its own head can have been acknowledged before.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 seq after which to read, -1 for the newest part   4 most entries   5 instance   6 member record   7 1 to list members
--       8 service on whose behalf a gateway asks, '' for the instance itself
-- Reply epoch, seq, nonce of the head; random part of the epoch; state of the barrier; replicas attached; entries, oldest
-- first; members, each with its record; time of the server, ms. nil if there is no history of this server, -1 if the
-- record is another service's.

local history = read_history()
if not history then return nil end
if not is_own_record(KEYS[4], ARGV[5], ARGV[8]) then return FOREIGN end
redis.call('HSET', KEYS[4], ARGV[5], ARGV[6])
redis.call('DEL', KEYS[6])

local after, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = {}
if after < 0 then
  local newest = redis.call('XREVRANGE', KEYS[3], '+', history.epoch .. '-0', 'COUNT', most)
  for i = #newest, 1, -1 do entries[#entries + 1] = newest[i] end
elseif after ~= history.seq then
  local first = string.format('(%d-%d', history.epoch, after)
  entries = redis.call('XRANGE', KEYS[3], first, '+', 'COUNT', most)
end
local members = ARGV[7] == '1' and redis.call('HGETALL', KEYS[4]) or {}
return at(history, history.random, barrier_state(history, KEYS[5]), history.replicas, entries, members,
  server_time_ms())
