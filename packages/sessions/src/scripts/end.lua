-- Ends sessions of one subject: they are gone and logged in the same step.
-- KEYS  7 members   8 barrier   9 operation, if the change has an id
-- ARGV  12 cause   13 digest of what is asked for   14 lifetime of the operation, ms   15 subject; see also selection.lua
-- Reply place after it, how many ended, the same for a change that was made before; proof.

local history = read_history()
if not history then return nil end
local earlier = earlier_reply(history, KEYS[9], ARGV[13])
if earlier then return with_proof(history, earlier, KEYS[7], KEYS[8]) end

local selects, now = selection(history), server_time()
local everything, ended = ARGV[7] == 'all', 0
each_session(function(field, _, record)
  if not selects(field, record) then return end
  if is_live(record, now) then ended = ended + 1 end
  if not everything then end_session(history, field, ARGV[12]) end
end)
if everything then
  redis.call('DEL', KEYS[5], KEYS[6])
  -- One event whatever there was: a record that a failover lost may live on in a cache.
  append(history, { kind = 'subject.revoked', subject = ARGV[15], cause = ARGV[12] })
else
  settle_expiry()
end
finish(history)
remember(history, KEYS[9], ARGV[13], ended, ARGV[14])
return with_proof(history, at(history, ended), KEYS[7], KEYS[8])
