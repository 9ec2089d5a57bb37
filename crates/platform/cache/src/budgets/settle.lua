-- Replaces what was set aside by what was spent. Done twice it changes nothing the second time.
--
-- KEYS  as in reserve.lua
-- ARGV  id, spent

local id, spent = ARGV[1], tonumber(ARGV[2])

local function whole(number)
  return string.format('%.0f', number)
end

for place = 1, #KEYS / 2 do
  local hash, open = KEYS[2 * place - 1], KEYS[2 * place]
  local amount = tonumber(redis.call('HGET', hash, 'of:' .. id) or -1)
  if amount >= 0 then
    redis.call('HDEL', hash, 'of:' .. id)
    if redis.call('ZREM', open, id) == 1 then
      redis.call('HINCRBY', hash, 'reserved', whole(0 - amount))
    end
    redis.call('HINCRBY', hash, 'spent', whole(spent))
  end
end
return 0
