-- Changes that are recognised when they are asked for again under the same id.

-- Reply of the change if it was made before: the same place and number. -2 in place of the number if the id named another.
-- A history that began since has the change in it from its first entry on: the place is one of the history at hand.
local function earlier_reply(history, key, digest)
  local stored = key and redis.call('GET', key)
  if not stored then return nil end
  local asked, epoch, seq, nonce, ended = stored:match('^(%S+) (%d+) (%d+) (%S+) (%S+)$')
  if asked ~= digest then return at(history, -2) end
  if tonumber(epoch) ~= history.epoch then return at(history, tonumber(ended)) end
  return { tonumber(epoch), tonumber(seq), nonce, tonumber(ended) }
end

-- Notes the change at the head, after it was made.
local function remember(history, key, digest, ended, lifetime)
  if not key then return end
  local reply = string.format('%s %d %d %s %d', digest, history.epoch, history.seq, history.nonce, ended)
  redis.call('SET', key, reply, 'PX', lifetime)
end
