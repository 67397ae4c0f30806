-- Writes the head as it is, so that a WAIT that follows on the connection waits for all up to it.
-- Reply place.

local history = read_history()
if not history then return nil end
write_head(history)
return at(history)
