/**
 * How every script begins: it reads what it was asked. Times are microseconds in doubles: whole numbers below 2^53, so
 * exact until the year 2255.
 *
 * KEYS: one for each partition, each named once. ARGV: the time (0: the server's clock), the time after which nobody
 * waits for an answer any more (0: none), and whole numbers as `number-text.ts` writes them. First the shapes of checks:
 * how many, and of each its number of keys and of buckets, and of each bucket the kind, the limit, the span (of a window
 * a 16th of it, of a rate the interval, of a quota the window), the cost, the name, and which of the check's keys it is
 * in, from 0 on. Then the checks: the place of its shape, when it asks once and its keys are the first that were not
 * named yet; with 32 more than that and then `times`, when it asks oftener; and with 0, when it is another one: then
 * follow its shape, `times` and the places of its keys.
 *
 * A value is the time until which its key lives (7 bytes), of how many budgets it is (1), and then of all of them, each in
 * its place, first the names (6), then the numbers: a double, of a rate the time at which all permits are back, of the
 * others that at which those of the newest (sub-)window are, and all permits that count (4; of a rate 0). Then how long
 * each one's tail is (1), and the tails: of a window with older sub-windows for each of those, the oldest first, the
 * number of its end modulo 256 (1) and its permits (4), and then their sum (4). So the numbers of a check's budgets lie
 * side by side, and are read and written as one. What only counts on is written over in place; a write that leaves a key
 * its life costs half of one that sets it.
 *
 * MGET answers nothing for a key of another type, so that such a key is no error for those in the same batch.
 */
export const callText = `
local now, late, keys, text = tonumber(ARGV[1]), tonumber(ARGV[2]), KEYS, ARGV[3]
local call, floor, pack, unpacked, byte = redis.call, math.floor, struct.pack, struct.unpack, string.byte
local fixed = now > 0
if not fixed then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return cmsgpack.pack({0, now}) end
local values, out, n = keys[1] and call('MGET', unpack(keys)) or {}, {1, now}, 2

local bytes, size, p = {byte(text, 1, 4000)}, #text, 0
for from = 4001, size, 4000 do
  local more = {byte(text, from, from + 3999)}
  for k = 1, #more do bytes[from + k - 1] = more[k] end
end
local function number()
  p = p + 1
  local b = bytes[p]
  if b < 64 then return b end
  local value, unit = b - 64, 64
  repeat
    p = p + 1
    b = bytes[p]
    value, unit = value + b % 64 * unit, unit * 64
  until b < 64
  return value
end

-- seven places for each bucket of a shape: kind, limit, span, cost, name, key, and until when the (sub-)window of now
-- counts
local rules, starts, counts, widths = {}, {}, {}, {}
for s = 1, number() do
  local r = #rules
  starts[s], widths[s], counts[s] = r, number(), number()
  for b = 1, counts[s] do
    local kind, limit, span = number(), number(), number()
    rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4] = kind, limit, span, number()
    rules[r + 5], rules[r + 6] = number(), number()
    rules[r + 7] = (floor(now / span) + (kind == 0 and 17 or 1)) * span
    r = r + 7
  end
end

-- one more than that: a script's lives may be counted from its beginning, in whole milliseconds, which is before TIME
local lastLife, lifeText = 10000000, '10001'
local function milliseconds(life)
  if fixed then return '3600000' end
  if life ~= lastLife then lastLife, lifeText = life, string.format('%.0f', math.ceil(life / 1000) + 1) end
  return lifeText
end
`;
