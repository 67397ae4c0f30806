-- Brings the truth up to an event that this server may have lost. Does nothing if the log still has it.
-- ARGV  7 kind   8 field or ''   9 subject or ''   10 organization or ''   11 cause   12 epoch   13 seq   14 nonce
-- Reply 1 if it was lost, 0 if not. Ends only what began before the event; believes less where a value was lost with it.

local history = read_history()
if not history then return nil end
local kind, field, organization, cause = ARGV[7], ARGV[8], ARGV[10], ARGV[11]
local subject = ARGV[9] ~= '' and ARGV[9] or nil
local epoch, seq = tonumber(ARGV[12]), tonumber(ARGV[13])
local position = string.format('%d %d', epoch, seq)

local id = string.format('%d-%d', epoch, seq)
local entry = redis.call('XRANGE', KEYS[3], id, id)[1]
if entry then
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'n' and fields[i + 1] == ARGV[14] then return 0 end
  end
end

if kind == 'session.revoked' then
  end_session(history, field, cause, subject)
elseif kind == 'session.changed' then
  local record = decode(redis.call('HGET', KEYS[5], field))
  if record and is_before(record.taken_epoch, record.taken_seq, position) then
    -- Which organization it had taken is lost: none is the least.
    record.organization, record.taken_epoch, record.taken_seq = '', epoch, seq
    redis.call('HSET', KEYS[5], field, encode(record))
  end
  append_of_session(history, kind, field, cause, subject)
elseif kind == 'subject.revoked' then
  each_session(function(found, _, record)
    if not record or is_before(record.family_epoch, record.family_seq, position) then forget(found) end
  end)
  settle_expiry()
  append(history, { kind = kind, subject = subject, cause = cause })
elseif kind == 'claims.changed' then
  append(history, { kind = kind, subject = subject, cause = cause })
elseif kind == 'organization.changed' then
  append(history, { kind = kind, organization = organization, cause = cause })
elseif kind == 'organization.revoked' then
  raise_not_before(organization, epoch, seq)
  append(history, { kind = kind, organization = organization, cause = cause })
else
  raise_not_before('*', epoch, seq)
  append(history, { kind = 'everyone.revoked', cause = cause })
end
finish(history)
return 1
