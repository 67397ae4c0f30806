-- Says on behalf of a service up to where an instance of it has applied the log.
-- KEYS  1 members
-- ARGV  1 instance   2 service   3 message   4... channels to say it on
-- Reply 1, -1 if the instance is not one of that service, or has not fenced yet.

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or not is_of_service(stored, ARGV[2]) then return FOREIGN end
for i = 4, #ARGV do redis.call('PUBLISH', ARGV[i], ARGV[3]) end
return 1
