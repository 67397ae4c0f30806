-- Ends sessions of one subject: they are gone and logged in the same step.
-- ARGV  7 'one' | 'others' | 'all'   8 field to end, or to keep   9 subject   10 cause
-- Reply place after it, how many ended.

local history = read_history()
if not history then return nil end
local mode, field, cause = ARGV[7], ARGV[8], ARGV[10]
local ended = 0
each_session(function(found, _, _)
  if mode == 'all' then
    ended = ended + 1
  elseif (found == field) == (mode == 'one') then
    end_session(history, found, cause)
    ended = ended + 1
  end
end)
if mode == 'all' then
  redis.call('DEL', KEYS[5], KEYS[6])
  -- One event whatever there was: a record that a failover lost may live on in a cache.
  append(history, { kind = 'subject.revoked', subject = ARGV[9], cause = cause })
else
  settle_expiry()
end
finish(history)
return at(history, ended)
