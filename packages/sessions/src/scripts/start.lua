-- Starts a session. Beyond the cap the oldest ends, in the same step.
-- ARGV  7 subject   8 field   9 methods, bits   10 profile and assurance   11 device code   12 organization or ''
--       13 absolute timeout, s   14 most sessions of a subject   15 device label or ''   16 memory share that refuses, %
-- Reply place, 'full' or 'started', record.

local history = read_history()
if not history then return nil end

local memory = redis.call('INFO', 'memory')
local limit = tonumber(memory:match('[\r\n]maxmemory:(%d+)'))
local used = tonumber(memory:match('[\r\n]used_memory:(%d+)'))
if limit > 0 and used > limit * tonumber(ARGV[16]) / 100 then return at(history, 'full') end

local now = server_time()
local live = {}
each_session(function(field, _, record)
  if is_live(record, now) then
    live[#live + 1] = { field = field, started = record.started }
  else
    forget(field)
  end
end)
table.sort(live, function(a, b)
  if a.started ~= b.started then return a.started < b.started end
  return a.field < b.field
end)
for i = 1, #live - tonumber(ARGV[14]) + 1 do
  end_session(history, live[i].field, 'session-limit')
end

local record = encode({
  family_epoch = history.epoch, family_seq = history.seq,
  taken_epoch = history.epoch, taken_seq = history.seq,
  started = now, seen = now, ends = now + tonumber(ARGV[13]),
  methods = tonumber(ARGV[9]), levels = tonumber(ARGV[10]), device = tonumber(ARGV[11]),
  organization = ARGV[12],
})
redis.call('HSET', KEYS[5], SUBJECT, ARGV[7], ARGV[8], record)
if ARGV[15] ~= '' then redis.call('HSET', KEYS[6], ARGV[8], ARGV[15]) end
settle_expiry()
finish(history)
return at(history, 'started', record)
