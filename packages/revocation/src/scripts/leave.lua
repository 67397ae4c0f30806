-- Takes a member out that serves no more, or one whose record was watched standing still for longer than its lease.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 instance   4 record it must still have, or '' for whichever   5 service on whose behalf a gateway asks, ''
--       for the instance itself
-- Reply 1 if it was taken out, -1 if it is another service's.

local history = read_history()
if not history then return nil end
if not is_own_record(KEYS[4], ARGV[3], ARGV[5]) then return FOREIGN end
local record = redis.call('HGET', KEYS[4], ARGV[3])
if not record or (ARGV[4] ~= '' and ARGV[4] ~= record) then return 0 end
redis.call('HDEL', KEYS[4], ARGV[3])
return 1
