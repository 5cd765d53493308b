"""What runs inside Redis, each in one step and one round trip. Key names are in `keys.py`."""

from __future__ import annotations

from typing import Final

TAKE_OVER: Final = """
-- KEYS lease; ARGV the dead owner's lease, ours, lease in ms. 1 when it is ours now.
-- Ours already: a cut connection made the library ask twice.
local held = redis.call('GET', KEYS[1])
if held == false or held == ARGV[1] or held == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
return 0
"""

RENEW: Final = """
-- KEYS leases; ARGV lease in ms, then our word for each. Returns 1 for each that is ours.
-- A lease that is gone (a flush, a restart) is made again: its owner is here, at work.
local ours = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if held == false or held == ARGV[i + 1] then
    redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
    ours[i] = 1
  else
    ours[i] = 0
  end
end
return ours
"""

RELEASE: Final = """
-- KEYS leases; ARGV our word for each. Deletes those that are still ours and says how many.
local count = 0
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[i] then
    count = count + redis.call('DEL', key)
  end
end
return count
"""

CONFIRM: Final = """
-- KEYS lease, shard of the mark; ARGV our word, field, article, seconds the shard lives.
-- The lease goes even when the server is too full for the mark.
local told = redis.pcall('HSET', KEYS[2], ARGV[2], ARGV[3])
if type(told) == 'number' then
  redis.call('EXPIRE', KEYS[2], ARGV[4], 'NX')
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
if type(told) ~= 'number' then
  return told
end
return 1
"""

REMEMBER: Final = """
-- KEYS the shard of each mark; ARGV seconds the shards live, then field and article of each.
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('EXPIRE', key, ARGV[1], 'NX')
end
return #KEYS
"""

TURN: Final = """
-- KEYS host; ARGV delay in ms. Takes the next free turn, by the server's clock, and returns the ms until it.
-- Nobody asks for more than a day: a turn two days away was written while the clock was wrong.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
if turn - now > 172800000 then
  turn = now
end
local free = turn + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', string.format('%.0f', free - now))
return turn - now
"""
