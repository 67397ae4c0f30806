-- What a gateway does on behalf of a service touches records of that service alone, and none of a driver: those decide when
-- the barrier of a new epoch is raised.

local FOREIGN = -1

local function is_of_service(stored, service)
  local is_read, record = pcall(cjson.decode, stored)
  return is_read and type(record) == 'table' and record.service == service and record.drives == false
end

-- Whether a record may be written in that name: it is missing, or that service's own. '' stands for the instance itself.
local function is_own_record(members, instance, service)
  if service == '' then return true end
  local stored = redis.call('HGET', members, instance)
  return not stored or is_of_service(stored, service)
end
