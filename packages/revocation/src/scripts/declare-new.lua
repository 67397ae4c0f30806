-- Declares an installation new: nobody has ever served from it, so nobody has to be waited for.
-- KEYS  4 members   5 barrier   6 closed
-- Reply 1 if it was declared, 0 if it has been in use.

if redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]) > 0 then return 0 end
redis.call('SET', KEYS[6], 'new')
return 1
