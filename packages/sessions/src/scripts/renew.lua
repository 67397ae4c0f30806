-- Gives a live session a new secret after the person proved anew who they are; the old secret ends with it. Both timeouts
-- begin again. The family's beginning stays, unless what was proved is itself new.
-- ARGV  7 field   8 new field   9 methods, bits   10 profile and assurance   11 absolute timeout, s
--       12 1 if the family begins anew
-- Reply place, 'none'; or place, 'renewed', record.

local history = read_history()
if not history then return nil end
local now = server_time()
local record = load_live(ARGV[7], now)
if not record then return at(history, 'none') end
local label = redis.call('HGET', KEYS[6], ARGV[7])
end_session(history, ARGV[7], 'renewed')
record.started, record.seen, record.ends = now, now, now + tonumber(ARGV[11])
record.methods, record.levels = tonumber(ARGV[9]), tonumber(ARGV[10])
if ARGV[12] == '1' then record.family_epoch, record.family_seq = history.epoch, history.seq end
local bytes = encode(record)
redis.call('HSET', KEYS[5], ARGV[8], bytes)
if label then redis.call('HSET', KEYS[6], ARGV[8], label) end
settle_expiry()
finish(history)
return at(history, 'renewed', bytes)
