-- Takes a member out that serves no more, or one whose record was watched standing still for longer than its lease.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 instance   4 record it must still have, or '' for whichever
-- Reply 1 if it was taken out. The last one to leave records the head, so that the next to come need not wait.

local history = read_history()
if not history then return nil end
local record = redis.call('HGET', KEYS[4], ARGV[3])
if not record or (ARGV[4] ~= '' and ARGV[4] ~= record) then return 0 end
redis.call('HDEL', KEYS[4], ARGV[3])
if redis.call('EXISTS', KEYS[4]) == 0 and barrier_state(history, KEYS[5]) == 'settled' then
  -- Whom the server does not allow to write this leaves it out: the next to come then wait one lease.
  redis.pcall('SET', KEYS[6], history.seq .. ' ' .. history.nonce)
end
return 1
