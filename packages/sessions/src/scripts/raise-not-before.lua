-- Ends every session that began, or took an organization, before now or before a moment: the map is the truth of it, and
-- each load asks the map.
-- KEYS  4 not-before map   5 members   6 barrier   7 operation, if the change has an id
-- ARGV  3 '*' or organization   4 moment, ms, or '' for now   5 cause   6 digest of what is asked for   7 its lifetime, ms
-- Reply place after it, -1 as nobody counts, the same for a change that was made before; proof.

local history = read_history()
if not history then return nil end
local earlier = earlier_reply(history, KEYS[7], ARGV[6])
if earlier then return with_proof(history, earlier, KEYS[5], KEYS[6]) end

local epoch, seq = history.epoch, history.seq + 1
if ARGV[4] ~= '' then epoch, seq = first_at(history, tonumber(ARGV[4])) end
if ARGV[3] == '*' then
  append(history, { kind = 'everyone.revoked', cause = ARGV[5] })
else
  append(history, { kind = 'organization.revoked', organization = ARGV[3], cause = ARGV[5] })
end
raise_not_before(ARGV[3], epoch, seq)
finish(history)
remember(history, KEYS[7], ARGV[6], -1, ARGV[7])
return with_proof(history, at(history, -1), KEYS[5], KEYS[6])
