-- Sets an amount aside in several budgets, or in none, on the clock of Redis.
--
-- KEYS  for each budget: a hash (spent, reserved, and the amount of every reservation under its id),
--       and a sorted set of the reservations that are open, by the end of their lifetime in milliseconds
-- ARGV  id, amount, lifetime in ms, then for each budget: limit, ms to keep it after a change
-- Returns {0, 0, 0} when it is done, else {which budget, spent, reserved}.
--
-- A reservation whose lifetime is over leaves the sorted set and no longer counts, but its amount stays in the hash:
-- should its process still come to settle it, settle.lua books it, once.

local id, amount, lifetime = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

for place = 1, #KEYS / 2 do
  local hash, open = KEYS[2 * place - 1], KEYS[2 * place]
  local limit = tonumber(ARGV[2 + 2 * place])
  for _, lost in ipairs(redis.call('ZRANGEBYSCORE', open, '-inf', whole(now), 'LIMIT', 0, 1000)) do
    redis.call('ZREM', open, lost)
    local lost_amount = tonumber(redis.call('HGET', hash, 'of:' .. lost) or 0)
    redis.call('HINCRBY', hash, 'reserved', whole(0 - lost_amount))
  end
  local spent = tonumber(redis.call('HGET', hash, 'spent') or 0)
  local reserved = tonumber(redis.call('HGET', hash, 'reserved') or 0)
  if spent + reserved + amount > limit then
    return { place, spent, reserved }
  end
end

for place = 1, #KEYS / 2 do
  local hash, open = KEYS[2 * place - 1], KEYS[2 * place]
  local keep = tonumber(ARGV[3 + 2 * place])
  redis.call('HINCRBY', hash, 'reserved', whole(amount))
  redis.call('HSET', hash, 'of:' .. id, whole(amount))
  redis.call('ZADD', open, whole(now + lifetime), id)
  redis.call('PEXPIRE', hash, whole(keep))
  redis.call('PEXPIRE', open, whole(keep))
end
return { 0, 0, 0 }
