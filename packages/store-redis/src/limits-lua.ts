import { type Script, script } from './script.ts';

/**
 * What both verbs share. Times are microseconds in doubles: whole numbers below 2^53, so exact until the year 2255.
 *
 * KEYS: one for each budget, each named once. ARGV: the time (0: the server's clock), the time after which nobody waits
 * for an answer any more (0: none), and whole numbers as `number-text.ts` writes them. First the shapes of checks: how
 * many, and of each its number of buckets, and of each bucket the kind, the limit, the span (of a window a 16th of it, of
 * a rate the interval, of a quota the window) and the cost. Then the checks: the place of its shape, when it asks once
 * and its keys are the first that were not named yet; with 32 more than that and then `times`, when it asks oftener; and
 * with 0, when it is another one: then follow its shape, `times` and the places of its keys.
 *
 * Values, of which only the beginning is written over where nothing else changes, as a write that leaves a key its life
 * costs half of one that sets it: of a `window` all permits that count, the number of the newest sub-window, and of each
 * one before, the oldest first, its number modulo 256 and its permits; of a `rate` the time at which all
 * permits are back and that at which the key expires; of a `quota` its permits and window. MGET answers nothing for a
 * key of another type, and what can't be read as a value counts as none: such a key begins anew, and never is an error
 * for those in the same batch. So does a budget whose window has changed: its sub-windows then lie in the past or more
 * than a window ahead. A clock that was set back by less than a window goes on counting in the newest sub-window.
 *
 * The answer is msgpack of status, time, and for each check either a number for each of its buckets, where a first look
 * was enough, or -1 less what was granted and for each bucket what is left, and µs until it has all and until the check
 * fits once more (-1: never).
 */
const shared = `
local call, floor, ceil, tonumber, format = redis.call, math.floor, math.ceil, tonumber, string.format
local pack, unpacked, byte, sub, keys = struct.pack, struct.unpack, string.byte, string.sub, KEYS
local now, late = tonumber(ARGV[1]), tonumber(ARGV[2])
local fixed = now > 0
if not fixed then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return cmsgpack.pack({0, now}) end
local values, out, n = call('MGET', unpack(keys)), {1, now}, 2

local text = ARGV[3]
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

-- of each bucket of a shape; first and last are of each shape
local kinds, limits, spans, costs, first, last = {}, {}, {}, {}, {}, {}
local periods, lives = {}, {}
for s = 1, number() do
  first[s] = #kinds + 1
  last[s] = #kinds + number()
  for r = first[s], last[s] do
    kinds[r], limits[r], spans[r], costs[r] = number(), number(), number(), number()
    periods[r] = floor(now / spans[r])
  end
end

local function lifeText(us)
  return fixed and '3600000' or format('%.0f', ceil(us / 1000))
end
-- of what is counted in the (sub-)window of now
local function lifeNow(r)
  local life = lives[r]
  if not life then
    life = lifeText((periods[r] + (kinds[r] == 0 and 17 or 1)) * spans[r] - now)
    lives[r] = life
  end
  return life
end
-- a rate's key lives longer than it is needed: who comes often is not given a new life each time
local function lifeOf(left)
  return left < 5000000 and 10000000 or left * 2
end

-- of each key that was looked at longer: its rule's place, the permits that count (rate: the time until all are back), the
-- (sub-)window that counts now, of a window its sub-windows and their permits, of a rate when the key expires. The value
-- of a key that was written at first sight is 0: it has to be read again
local ruleOf, used, at, lists, expires = {}, {}, {}, {}, {}
local changed, changes = {}, 0

local function read(i, r)
  local kind, span, value = kinds[r], spans[r], values[i]
  ruleOf[i] = r
  if value == 0 then
    value = call('GET', keys[i])
    values[i] = value
  end
  if kind == 1 then
    local left, most = 0, limits[r] * span
    if value and #value == 16 then
      local back, ends = unpacked('<dd', value)
      left, expires[i] = back - now, ends
      if not (left > 0) then left = 0 elseif left > most then left = most end
    end
    used[i] = left
    return
  end
  local period = periods[r]
  at[i], used[i] = period, 0
  if kind == 2 then
    if value and #value == 12 then
      local permits, window = unpacked('<I4d', value)
      if window >= period and window <= period + 1 then at[i], used[i] = window, permits end
    end
    return
  end
  local list, n, total = {}, 0, 0
  lists[i] = list
  if not value or #value % 5 ~= 2 or #value < 12 or #value > 92 then return end
  local count, newest = unpacked('<I4d', value)
  if not (newest > period - 17 and newest < period + 17) then return end
  for from = 13, #value, 5 do
    local index, permits = unpacked('<BI4', value, from)
    index, count = newest - (newest - index) % 256, count - permits
    if index > period - 17 then list[n + 1], list[n + 2], n, total = index, permits, n + 2, total + permits end
  end
  list[n + 1], list[n + 2] = newest, count
  used[i] = total + count
  if newest > period then at[i] = newest end
end

local function fit(i, r)
  if kinds[r] == 1 then return floor((limits[r] * spans[r] - used[i]) / spans[r]) end
  local left = limits[r] - used[i]
  return left > 0 and left or 0
end

local function untilAll(i, r)
  if kinds[r] == 1 then return used[i] end
  if used[i] == 0 then return 0 end
  if kinds[r] == 2 then return (at[i] + 1) * spans[r] - now end
  local list = lists[i]
  return (list[#list - 1] + 17) * spans[r] - now
end

local function untilFit(i, r, cost)
  local limit, span = limits[r], spans[r]
  if cost > limit then return -1 end
  if kinds[r] == 1 then
    local over = used[i] + (cost - limit) * span
    return over > 0 and over or 0
  end
  local lack = used[i] + cost - limit
  if lack <= 0 or cost == 0 then return 0 end
  if kinds[r] == 0 then
    local list = lists[i]
    for k = 1, #list, 2 do
      lack = lack - list[k + 1]
      if lack <= 0 then return (list[k] + 17) * span - now end
    end
  end
  return untilAll(i, r)
end

local function tell(i, r)
  out[n + 1], out[n + 2], out[n + 3] = fit(i, r), untilAll(i, r), untilFit(i, r, costs[r])
  n = n + 3
end

local function touch(i)
  if not changed[i] then
    changes = changes + 1
    changed[i], changed[-changes] = true, i
  end
end

local function write(i)
  local r, permits = ruleOf[i], used[i]
  if permits <= 0 then return call('DEL', keys[i]) end
  local value, life
  if kinds[r] == 1 then
    local back = now + permits
    if expires[i] and back <= expires[i] then return call('SETRANGE', keys[i], '0', pack('<d', back)) end
    life = lifeOf(permits)
    value = pack('<dd', back, now + life)
  elseif kinds[r] == 2 then
    value, life = pack('<I4d', permits, at[i]), untilAll(i, r)
  else
    local list = lists[i]
    local size = #list
    value, life = pack('<I4d', permits, list[size - 1]), untilAll(i, r)
    for k = 1, size - 2, 2 do value = value .. pack('<BI4', list[k] % 256, list[k + 1]) end
  end
  call('SET', keys[i], value, 'PX', lifeText(life))
end

local function finish()
  for c = 1, changes do write(changed[-c]) end
  return cmsgpack.pack(out)
end
`;

/**
 * Decides on checks, one after the other, each charged to all of its buckets or to none.
 *
 * `look` is enough where all is granted, the check fits once more, and what counts then is the (sub-)window of now. It
 * answers what to write, the number for the caller (of a rate µs until all is back, of the others what is left), and
 * where a life is to be set that life.
 */
export const consumeScript: Script = script(`${shared}
local function look(i, r, times)
  local kind, span, value, cost = kinds[r], spans[r], values[i], costs[r]
  local permits, most = times * cost, limits[r] - cost
  if kind == 1 then
    local back, ends = now, 0
    if value then
      if #value ~= 16 then return end
      back, ends = unpacked('<dd', value)
      if not (back > now) then back = now end
    end
    back = back + permits * span
    local left = back - now
    if left > most * span then return end
    if back <= ends then return pack('<d', back), left end
    local life = lifeOf(left)
    return pack('<dd', back, now + life), left, life == 10000000 and not fixed and '10000' or lifeText(life)
  end
  local period, tail = periods[r], ''
  if kind == 2 then
    if value then
      if #value ~= 12 then return end
      local before, window = unpacked('<I4d', value)
      if window == period then
        before = before + permits
        if before > most then return end
        return pack('<I4', before), limits[r] - before
      end
      if window > period then return end
    end
    if permits > most then return end
    return pack('<I4d', permits, period), limits[r] - permits, lifeNow(r)
  end
  local all = permits
  if value then
    local size = #value
    if size < 12 or size > 92 or size % 5 ~= 2 then return end
    local before, newest = unpacked('<I4d', value)
    if newest == period then
      before = before + permits
      if before > most then return end
      return pack('<I4', before), limits[r] - before
    end
    if newest > period then return end
    if newest > period - 17 then
      local count, from = before, 13
      for k = 13, size, 5 do
        local index, spent = unpacked('<BI4', value, k)
        count = count - spent
        if (period - index) % 256 > 16 then before, from = before - spent, k + 5 end
      end
      all, tail = before + permits, sub(value, from) .. pack('<BI4', newest % 256, count)
    end
  end
  if all > most then return end
  return pack('<I4d', all, period) .. tail, limits[r] - all, lifeNow(r)
end

local function put(i, value, life)
  values[i] = 0
  if life then call('SET', keys[i], value, 'PX', life) else call('SETRANGE', keys[i], '0', value) end
end

local place = {}
local function decide(granted, from, to)
  for r = from, to do
    local i, cost = place[r - from], costs[r]
    if not ruleOf[i] then read(i, r) end
    if cost > 0 then
      local most = fit(i, r)
      if most < granted * cost then granted = floor(most / cost) end
    end
  end
  n = n + 1
  out[n] = -1 - granted
  for r = from, to do
    local i, permits = place[r - from], granted * costs[r]
    if permits > 0 then
      touch(i)
      if kinds[r] == 1 then
        used[i] = used[i] + permits * spans[r]
      else
        used[i] = used[i] + permits
        if kinds[r] == 0 then
          local list = lists[i]
          local size = #list
          if list[size - 1] == at[i] then
            list[size] = list[size] + permits
          else
            list[size + 1], list[size + 2] = at[i], permits
          end
        end
      end
    end
    tell(i, r)
  end
end

local newValues, newLives = {}, {}
local i = 0
while p < size do
  p = p + 1
  local s, times = bytes[p], 1
  if s == 0 then
    s, times = number(), number()
    local from, to = first[s], last[s]
    for r = from, to do
      local named = number()
      place[r - from] = named
      if named > i then i = named end
    end
    decide(times, from, to)
  else
    if s > 32 then s, times = s - 32, number() end
    local from, to = first[s], last[s]
    if from == to and costs[from] > 0 then
      i = i + 1
      -- most are a window or a rate that is written over, so that is looked for right here
      local value, kind, permits, answer = values[i], kinds[from], times * costs[from], nil
      if value and kind == 0 and #value > 11 then
        local before, newest = unpacked('<I4d', value)
        before = before + permits
        if newest == periods[from] and before + costs[from] <= limits[from] then
          call('SETRANGE', keys[i], '0', pack('<I4', before))
          values[i], answer = 0, limits[from] - before
        end
      elseif value and kind == 1 and #value == 16 then
        local back, ends = unpacked('<dd', value)
        if back < now then back = now end
        back = back + permits * spans[from]
        if back <= ends and back - now <= (limits[from] - costs[from]) * spans[from] then
          call('SETRANGE', keys[i], '0', pack('<d', back))
          values[i], answer = 0, back - now
        end
      end
      if not answer then
        local new, life
        new, answer, life = look(i, from, times)
        if new then put(i, new, life) end
      end
      if answer then
        n = n + 1
        out[n] = answer
      else
        place[0] = i
        decide(times, from, to)
      end
    else
      local before, enough = i, true
      for r = from, to do
        i = i + 1
        place[r - from] = i
        if enough and costs[r] > 0 then
          newValues[i], out[n + i - before], newLives[i] = look(i, r, times)
          enough = newValues[i]
        else
          enough = false
        end
      end
      if enough then
        n = n + i - before
        for k = before + 1, i do put(k, newValues[k], newLives[k]) end
      else
        decide(times, from, to)
      end
    end
  end
end
return finish()
`);

/**
 * Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. Every
 * check is of the kind that begins with 0, and the time at which it was granted stands before the places of its keys.
 */
export const giveBackScript: Script = script(`${shared}
while p < size do
  p = p + 1
  local s, times, granted_at = number(), number(), number()
  n = n + 1
  out[n] = -1 - times
  for r = first[s], last[s] do
    local i, permits = number(), times * costs[r]
    if not ruleOf[i] then read(i, r) end
    local kind, span = kinds[r], spans[r]
    local index = floor(granted_at / span)
    touch(i)
    if kind == 1 then
      used[i] = used[i] > permits * span and used[i] - permits * span or 0
    elseif kind == 2 then
      if at[i] == index then used[i] = used[i] > permits and used[i] - permits or 0 end
    else
      local list, kept, size = lists[i], {}, 0
      for k = 1, #list, 2 do
        local left = list[k + 1]
        if list[k] == index then
          local back = left < permits and left or permits
          left, used[i] = left - back, used[i] - back
        end
        if left > 0 then kept[size + 1], kept[size + 2], size = list[k], left, size + 2 end
      end
      lists[i] = kept
    end
    tell(i, r)
  end
end
return finish()
`);
