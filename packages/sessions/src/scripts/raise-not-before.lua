-- Ends every session that began, or took an organization, before this moment: the map is the truth of it, and each load
-- asks the map.
-- KEYS  4 not-before map
-- ARGV  3 '*' or organization   4 cause
-- Reply place after it.

local history = read_history()
if not history then return nil end
if ARGV[3] == '*' then
  append(history, { kind = 'everyone.revoked', cause = ARGV[4] })
else
  append(history, { kind = 'organization.revoked', organization = ARGV[3], cause = ARGV[4] })
end
redis.call('HSET', KEYS[4], ARGV[3], string.format('%d %d', history.epoch, history.seq))
finish(history)
return at(history)
