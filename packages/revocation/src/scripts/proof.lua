-- What a change adds to its reply, so that no fence has to follow it: in the step that wrote the entry, or after it.
-- Reply random part of the epoch; state of the barrier; replicas attached; members, each with its record.
-- It always comes after a write of this very call: a WAIT behind one that wrote nothing would vouch for an earlier write.

local function with_proof(history, reply, members, barrier)
  if #history.hints == 0 then write_head(history) end
  reply[#reply + 1] = {
    history.random, barrier_state(history, barrier), history.replicas, redis.call('HGETALL', members),
  }
  return reply
end
