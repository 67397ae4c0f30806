-- Moves the barrier of an epoch on: 'done' lets leases and loads begin, 'settled' lets acknowledgements count.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 random part of the epoch   4 state to reach
-- Reply state after it; '' if the epoch is another one.

local history = read_history()
if not history then return nil end
if history.random ~= ARGV[3] then return '' end
local state = barrier_state(history, KEYS[5])
if state ~= 'settled' then
  state = ARGV[4]
  redis.call('SET', KEYS[5], history.random .. ' ' .. state)
end
return state
