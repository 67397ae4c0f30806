-- Writes the head as it is, so that a WAIT that follows on the connection waits for all up to it.
-- Reply place.

local history = read_history()
if not history then return nil end
redis.call('SET', KEYS[2], string.format('%d %s', history.seq, history.nonce))
return at(history)
