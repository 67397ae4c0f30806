-- Takes a member out that serves no more, or one whose record was watched standing still for longer than its lease.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 instance   4 record it must still have, or '' for whichever   5 service on whose behalf a gateway asks, ''
--       for the instance itself
-- Reply 1 if it was taken out, -1 if it is another service's. The last one to leave records the head, so that the next to
-- come need not wait.

local history = read_history()
if not history then return nil end
if not is_own_record(KEYS[4], ARGV[3], ARGV[5]) then return FOREIGN end
local record = redis.call('HGET', KEYS[4], ARGV[3])
if not record or (ARGV[4] ~= '' and ARGV[4] ~= record) then return 0 end
redis.call('HDEL', KEYS[4], ARGV[3])
if redis.call('EXISTS', KEYS[4]) == 0 and barrier_state(history, KEYS[5]) == 'settled' then
  -- Whom the server does not allow to write this leaves it out: the next to come then wait one lease.
  redis.pcall('SET', KEYS[6], history.seq .. ' ' .. history.nonce)
end
return 1
