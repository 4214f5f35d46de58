import { type Script, script } from './script.ts';

/**
 * What both verbs share. Times are microseconds in doubles: whole numbers below 2^53, so exact until the year 2255.
 *
 * KEYS: one for each budget, each named once. ARGV: the time (0: the server's clock), the time after which nobody waits
 * for an answer any more (0: none), the rules (each kind, limit and span; span of a window: a 16th of it, of a rate: the
 * interval, of a quota: the window) and the checks (`times`, the number of buckets, and for each bucket the places of its
 * key and of its rule, and its cost), the last two as JSON: one argument is read far faster than a hundred.
 *
 * Values: of a `window` msgpack of all permits that count, a sub-window, and then for each sub-window with permits its
 * distance to that one and its permits; of a `rate` the time at which all permits are back; of a `quota` msgpack of its
 * permits and window. MGET answers nothing for a key of another type, and what can't be read as a value counts as none:
 * such a key begins anew, and never is an error for those in the same batch. So does a budget whose window has changed:
 * its sub-windows then lie in the past or more than a window ahead. A clock that was set back by less than a window goes
 * on counting in the newest sub-window.
 */
const shared = `
local call, pcall, floor, ceil, tonumber = redis.call, pcall, math.floor, math.ceil, tonumber
local pack, unpacked = cmsgpack.pack, cmsgpack.unpack
local now, late = tonumber(ARGV[1]), tonumber(ARGV[2])
local fixed = now > 0
if not fixed then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return {0, now} end
local rules, checks = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local values, changed, changes = call('MGET', unpack(KEYS)), {}, 0
local out, n = {1, now}, 2
-- of each key: its rule's place, the permits that count (rate: the time until all are back), the (sub-)window that
-- counts now, and of a window its list with its length
local ruleOf, used, at, lists, sizes = {}, {}, {}, {}, {}

local function readWindow(i, value, span)
  local current, list = at[i], unpacked(value)
  local base, size = list[2], #list
  local oldest, newest = base + list[3], base + list[size - 1]
  if oldest > current - 17 and newest < current + 17 then
    used[i] = list[1] + 0
    if newest > current then at[i] = newest end
    lists[i], sizes[i] = list, size
    return
  end
  local kept, total, n = {0, current}, 0, 2
  for k = 3, size, 2 do
    local index, permits = base + list[k], list[k + 1] + 0
    if index > current - 17 and index < current + 17 then
      kept[n + 1], kept[n + 2], n, total = index - current, permits, n + 2, total + permits
    end
  end
  used[i], lists[i], sizes[i] = total, kept, n
end

local function readQuota(i, value)
  local list = unpacked(value)
  local current, window, permits = at[i], list[2] + 0, list[1] + 0
  if window >= current and window <= current + 1 then at[i], used[i] = window, permits end
end

local function read(i, r)
  local kind, span, value = rules[r], rules[r + 2], values[i]
  ruleOf[i] = r
  if kind == 1 then
    local left, most = (value and tonumber(value) or now) - now, rules[r + 1] * span
    if not (left > 0) then left = 0 elseif left > most then left = most end
    used[i] = left
    return
  end
  at[i], used[i] = floor(now / span), 0
  if value and pcall(kind == 0 and readWindow or readQuota, i, value, span) then
    if kind == 2 or lists[i] then return end
  end
  used[i], lists[i], sizes[i] = 0, {0, at[i]}, 2
end

local function fit(i, kind, limit, span)
  if kind == 1 then return floor((limit * span - used[i]) / span) end
  local left = limit - used[i]
  return left > 0 and left or 0
end

local function untilAll(i, kind, span)
  if kind == 1 then return used[i] end
  if used[i] == 0 then return 0 end
  if kind == 0 then
    local list = lists[i]
    return (list[2] + list[sizes[i] - 1] + 17) * span - now
  end
  return (at[i] + 1) * span - now
end

local function untilFit(i, kind, limit, span, cost)
  if cost > limit then return -1 end
  if kind == 1 then
    local over = used[i] + (cost - limit) * span
    return over > 0 and over or 0
  end
  local lack = used[i] + cost - limit
  if lack <= 0 or cost == 0 then return 0 end
  if kind == 2 then return (at[i] + 1) * span - now end
  local list = lists[i]
  for k = 3, sizes[i], 2 do
    lack = lack - list[k + 1]
    if lack <= 0 then return (list[2] + list[k] + 17) * span - now end
  end
  return untilAll(i, kind, span)
end

local function touch(i)
  if not changed[i] then
    changes = changes + 1
    changed[i], changed[-changes] = true, i
  end
end

local function write()
  for c = 1, changes do
    local i = changed[-c]
    local r = ruleOf[i]
    local kind = rules[r]
    local left = untilAll(i, kind, rules[r + 2])
    if left <= 0 then
      call('DEL', KEYS[i])
    else
      local value
      if kind == 0 then
        lists[i][1] = used[i]
        value = pack(lists[i])
      elseif kind == 1 then
        value = now + left
      else
        value = pack({used[i], at[i]})
      end
      call('SET', KEYS[i], value, 'PX', fixed and 3600000 or ceil(left / 1000))
    end
  end
end
`;

/** Decides on checks, one after the other, each charged to all of its buckets or to none. */
export const consumeScript: Script = script(`${shared}
local a, size = 1, #checks
while a < size do
  local granted, first, last = checks[a], a + 2, a + 3 * checks[a + 1] + 1
  for b = first, last, 3 do
    local i, r, cost = checks[b], checks[b + 1], checks[b + 2]
    if not ruleOf[i] then read(i, r) end
    if cost > 0 then
      local most = fit(i, rules[r], rules[r + 1], rules[r + 2])
      if most < granted * cost then granted = floor(most / cost) end
    end
  end
  n = n + 1
  out[n] = granted
  for b = first, last, 3 do
    local i, r, cost = checks[b], checks[b + 1], checks[b + 2]
    local kind, limit, span, permits = rules[r], rules[r + 1], rules[r + 2], granted * cost
    if permits > 0 then
      touch(i)
      if kind == 1 then
        used[i] = used[i] + permits * span
      else
        used[i] = used[i] + permits
        if kind == 0 then
          local list, size = lists[i], sizes[i]
          local distance = at[i] - list[2]
          if size > 2 and list[size - 1] == distance then
            list[size] = list[size] + permits
          else
            list[size + 1], list[size + 2], sizes[i] = distance, permits, size + 2
          end
        end
      end
    end
    out[n + 1], out[n + 2], out[n + 3] = fit(i, kind, limit, span), untilAll(i, kind, span), untilFit(i, kind, limit, span, cost)
    n = n + 3
  end
  a = last + 1
end
write()
return out
`);

/**
 * Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. Behind
 * the number of its buckets a check has the time at which it was granted.
 */
export const giveBackScript: Script = script(`${shared}
local a, size = 1, #checks
while a < size do
  local times, granted_at, first, last = checks[a], checks[a + 2], a + 3, a + 3 * checks[a + 1] + 2
  n = n + 1
  out[n] = times
  for b = first, last, 3 do
    local i, r, cost = checks[b], checks[b + 1], checks[b + 2]
    if not ruleOf[i] then read(i, r) end
    local kind, limit, span, permits = rules[r], rules[r + 1], rules[r + 2], times * cost
    local index = floor(granted_at / span)
    touch(i)
    if kind == 1 then
      used[i] = used[i] > permits * span and used[i] - permits * span or 0
    elseif kind == 2 then
      if at[i] == index then used[i] = used[i] > permits and used[i] - permits or 0 end
    else
      local list, kept, size = lists[i], {0, lists[i][2]}, 2
      for k = 3, sizes[i], 2 do
        local left = list[k + 1]
        if list[2] + list[k] == index then
          local back = left < permits and left or permits
          left, used[i] = left - back, used[i] - back
        end
        if left > 0 then kept[size + 1], kept[size + 2], size = list[k], left, size + 2 end
      end
      lists[i], sizes[i] = kept, size
    end
    out[n + 1], out[n + 2], out[n + 3] = fit(i, kind, limit, span), untilAll(i, kind, span), untilFit(i, kind, limit, span, cost)
    n = n + 3
  end
  a = last + 1
end
write()
return out
`);
