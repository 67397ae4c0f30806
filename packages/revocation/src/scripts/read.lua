-- Reads the log onward from a place, or its newest part.
-- ARGV  3 seq after which to read, -1 for the newest part   4 most entries
-- Reply epoch, seq, nonce of the head; random part of the epoch; entries, oldest first. nil if there is no history here.

local history = read_history()
if not history then return nil end
local after, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local entries
if after < 0 then
  local newest = redis.call('XREVRANGE', KEYS[3], '+', history.epoch .. '-0', 'COUNT', most)
  entries = {}
  for i = #newest, 1, -1 do entries[#entries + 1] = newest[i] end
elseif after == history.seq then
  entries = {}
else
  local first = string.format('(%d-%d', history.epoch, after)
  entries = redis.call('XRANGE', KEYS[3], first, '+', 'COUNT', most)
end
return at(history, history.random, entries)
