-- Says that a subject's claims have a new version: the cached ones below it are not believed from here on.
-- KEYS  4 cached claims   5 operation
-- ARGV  3 version   4 subject   5 cause   6 lifetime of the operation, ms   7 lifetime of the floor, ms
-- Reply position of the change; the same one if it was asked for before under this id.

local history = read_history()
if not history then return nil end
local earlier = redis.call('GET', KEYS[5])
if earlier then
  local epoch, seq, nonce = earlier:match('^(%d+) (%d+) (%S+)$')
  return { tonumber(epoch), tonumber(seq), nonce }
end
local floor = tonumber(redis.call('HGET', KEYS[4], 'f') or 0)
if tonumber(ARGV[3]) > floor then redis.call('HSET', KEYS[4], 'f', ARGV[3]) end
redis.call('PEXPIRE', KEYS[4], ARGV[7])
append(history, { kind = 'claims.changed', subject = ARGV[4], cause = ARGV[5] })
local position = string.format('%d %d %s', history.epoch, history.seq, history.nonce)
redis.call('SET', KEYS[5], position, 'PX', ARGV[6])
finish(history)
return at(history)
