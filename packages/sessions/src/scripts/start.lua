-- Starts a session, unless something was said since its proof that ends it. Beyond the cap the oldest ends, in the same
-- step.
-- KEYS  7 cached claims; with them, before which place in the log the subject's sessions have ended
-- ARGV  7 subject   8 field   9 methods, bits   10 profile and assurance   11 device code   12 organization or ''
--       13 absolute timeout, s   14 most sessions of a subject   15 device label or ''   16 memory share that refuses, %
--       17, 18 epoch and seq of a place from before its proof was begun, or '' for now
-- Reply place, 'full', 'none' or 'started', record.

local history = read_history()
if not history then return nil end

local memory = redis.call('INFO', 'memory')
local limit = tonumber(memory:match('[\r\n]maxmemory:(%d+)'))
local used = tonumber(memory:match('[\r\n]used_memory:(%d+)'))
if limit > 0 and used > limit * tonumber(ARGV[16]) / 100 then return at(history, 'full') end

-- A place of a history that ended is before all that this one says; one that is yet to come says that this one has ended.
local function is_overtaken(epoch, seq)
  if not epoch then return false end
  local mark = redis.call('HGET', KEYS[7], 's')
  return is_before(history.epoch, history.seq, ARGV[17] .. ' ' .. ARGV[18])
    or is_before(epoch, seq, mark and mark:match('^%d+ %d+'))
    or is_before(epoch, seq, redis.call('HGET', KEYS[4], '*'))
    or is_before(epoch, seq, redis.call('HGET', KEYS[4], ARGV[12]))
end

local epoch, seq = tonumber(ARGV[17]), tonumber(ARGV[18])
if is_overtaken(epoch, seq) then return at(history, 'none') end

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

epoch, seq = epoch or history.epoch, seq or history.seq
local record = encode({
  family_epoch = epoch, family_seq = seq,
  taken_epoch = epoch, taken_seq = seq,
  started = now, seen = now, ends = now + tonumber(ARGV[13]),
  methods = tonumber(ARGV[9]), levels = tonumber(ARGV[10]), device = tonumber(ARGV[11]),
  organization = ARGV[12],
})
redis.call('HSET', KEYS[5], SUBJECT, ARGV[7], ARGV[8], record)
if ARGV[15] ~= '' then redis.call('HSET', KEYS[6], ARGV[8], ARGV[15]) end
settle_expiry()
finish(history)
return at(history, 'started', record)
