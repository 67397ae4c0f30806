-- Says that a subject's claims or an organization's rules have a new version: the cached ones below it are not believed
-- from here on.
-- KEYS  4 cached claims or rules   5 operation   6 members   7 barrier
-- ARGV  3 version   4 subject or ''   5 organization or ''   6 cause   7 lifetime of the operation, ms
--       8 lifetime of the floor, ms   9 the change ends the subject's sessions, but for this; or ''
-- Reply position of the change, the same one if it was asked for before under this id; proof. A history that began since has the
-- change in it from its first entry on: the place is one of the history at hand.

local history = read_history()
if not history then return nil end
local earlier = redis.call('GET', KEYS[5])
if earlier then
  local epoch, seq, nonce = earlier:match('^(%d+) (%d+) (%S+)$')
  if tonumber(epoch) ~= history.epoch then return with_proof(history, at(history), KEYS[6], KEYS[7]) end
  return with_proof(history, { tonumber(epoch), tonumber(seq), nonce }, KEYS[6], KEYS[7])
end
local floor = tonumber(redis.call('HGET', KEYS[4], 'f') or 0)
if tonumber(ARGV[3]) > floor then redis.call('HSET', KEYS[4], 'f', ARGV[3]) end
if ARGV[4] ~= '' then
  append(history, { kind = 'claims.changed', subject = ARGV[4], cause = ARGV[6] })
else
  append(history, { kind = 'organization.changed', organization = ARGV[5], cause = ARGV[6] })
end
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[4], 's', string.format('%d %d %s', history.epoch, history.seq, ARGV[9]))
end
redis.call('PEXPIRE', KEYS[4], ARGV[8])
local position = string.format('%d %d %s', history.epoch, history.seq, history.nonce)
redis.call('SET', KEYS[5], position, 'PX', ARGV[7])
finish(history)
return with_proof(history, at(history), KEYS[6], KEYS[7])
