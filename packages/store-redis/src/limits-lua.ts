import { type Script, script } from './script.ts';

/**
 * What both verbs share. Times are microseconds in doubles: whole numbers below 2^53, so exact until the year 2255.
 *
 * KEYS: one for each budget, each named once. ARGV: the time (0: the server's clock), the time after which nobody waits
 * for an answer any more (0: none), then for each check `times` and the number of its buckets, and for each bucket: the
 * key's place, the kind, the cost, the limit, and the span (window: a 16th of it; rate: the interval; quota: the window).
 *
 * Values: `window` msgpack of the first sub-window, then for each its distance and its count; `rate` the time at which
 * all permits are back; `quota` msgpack of window and count. MGET answers nothing for a key of another type, and what
 * can't be read as a value counts as none: such a key begins anew, and never is an error for those in the same batch.
 * So does a budget whose window has changed: its sub-windows then lie in the past or more than a window ahead. A clock
 * that was set back by less than a window goes on counting in the newest sub-window.
 */
const shared = `
local now, late = ARGV[1] + 0, ARGV[2] + 0
local fixed = now > 0
if not fixed then
  local t = redis.call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return {0, now} end
local WINDOW, RATE = 0, 1
local floor, ceil = math.floor, math.ceil
local values, states, changed = redis.call('MGET', unpack(KEYS)), {}, {}

local function unpacked(value)
  if not value then return {} end
  local ok, list = pcall(cmsgpack.unpack, value)
  if not ok or type(list) ~= 'table' then return {} end
  for i = 1, #list do if type(list[i]) ~= 'number' then return {} end end
  return list
end

local function read(i, kind, limit, span)
  local s = states[i]
  if s then return s end
  local value = values[i]
  if kind == RATE then
    local used = (value and tonumber(value) or now) - now
    if not (used > 0) then used = 0 elseif used > limit * span then used = limit * span end
    s = {kind = kind, span = span, used = used}
  else
    local at = floor(now / span)
    local list = unpacked(value)
    s = {kind = kind, span = span, at = at, total = 0, n = 0}
    if kind == WINDOW then
      for k = 2, #list - 1, 2 do
        local index = list[1] + list[k]
        if index > at - 17 and index < at + 17 then
          s[s.n + 1], s[s.n + 2], s.n, s.total = index, list[k + 1], s.n + 2, s.total + list[k + 1]
          if index > s.at then s.at = index end
        end
      end
    elseif list[2] and list[1] >= at and list[1] <= at + 1 then
      s.at, s.total = list[1], list[2]
    end
  end
  states[i] = s
  return s
end

local function available(s, limit)
  if s.kind == RATE then return floor((limit * s.span - s.used) / s.span) end
  if s.total > limit then return 0 end
  return limit - s.total
end

local function untilAll(s)
  if s.kind == RATE then return s.used end
  if s.total == 0 then return 0 end
  if s.kind == WINDOW then
    local last = s.n
    while s[last] == 0 do last = last - 2 end
    return (s[last - 1] + 17) * s.span - now
  end
  return (s.at + 1) * s.span - now
end

local function untilFits(s, limit, cost)
  if cost > limit then return -1 end
  if cost == 0 then return 0 end
  if s.kind == RATE then
    local over = s.used + (cost - limit) * s.span
    return over > 0 and over or 0
  end
  local lack = s.total + cost - limit
  if lack <= 0 then return 0 end
  if s.kind == WINDOW then
    for k = 1, s.n, 2 do
      lack = lack - s[k + 1]
      if lack <= 0 then return (s[k] + 17) * s.span - now end
    end
  end
  return untilAll(s)
end

local function tell(out, s, limit, cost)
  local n = #out
  out[n + 1], out[n + 2], out[n + 3] = available(s, limit), untilAll(s), untilFits(s, limit, cost)
end

local function write()
  for i, s in pairs(changed) do
    local left = untilAll(s)
    if left <= 0 then
      redis.call('DEL', KEYS[i])
    else
      local value
      if s.kind == RATE then
        value = now + s.used
      elseif s.kind == WINDOW then
        local list, n = {s[1]}, 1
        for k = 1, s.n, 2 do
          if s[k + 1] > 0 then list[n + 1], list[n + 2], n = s[k] - s[1], s[k + 1], n + 2 end
        end
        value = cmsgpack.pack(list)
      else
        value = cmsgpack.pack({s.at, s.total})
      end
      redis.call('SET', KEYS[i], value, 'PX', fixed and 3600000 or ceil(left / 1000))
    end
  end
end
`;

/** Decides on checks, one after the other, each charged to all of its buckets or to none. */
export const consumeScript: Script = script(`${shared}
local out, a = {1, now}, 3
while ARGV[a] do
  local granted, first = ARGV[a] + 0, a + 2
  local last = a + 5 * ARGV[a + 1] + 1
  for b = first, last, 5 do
    local kind, cost, limit = ARGV[b + 1] + 0, ARGV[b + 2] + 0, ARGV[b + 3] + 0
    local s = read(ARGV[b] + 0, kind, limit, ARGV[b + 4] + 0)
    if cost > 0 then
      local fit = floor(available(s, limit) / cost)
      if fit < granted then granted = fit end
    end
  end
  out[#out + 1] = granted
  for b = first, last, 5 do
    local i, cost, limit = ARGV[b] + 0, ARGV[b + 2] + 0, ARGV[b + 3] + 0
    local s, permits = states[i], granted * cost
    if permits > 0 then
      changed[i] = s
      if s.kind == RATE then
        s.used = s.used + permits * s.span
      else
        s.total = s.total + permits
        if s.kind == WINDOW then
          local n = s.n
          if n > 0 and s[n - 1] == s.at then
            s[n] = s[n] + permits
          else
            s[n + 1], s[n + 2], s.n = s.at, permits, n + 2
          end
        end
      end
    end
    tell(out, s, limit, cost)
  end
  a = last + 1
end
write()
return out
`);

/** Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. */
export const giveBackScript: Script = script(`${shared}
local out, a = {1, now}, 3
while ARGV[a] do
  local times, first, at = ARGV[a] + 0, a + 3, ARGV[a + 2] + 0
  local last = a + 5 * ARGV[a + 1] + 2
  out[#out + 1] = times
  for b = first, last, 5 do
    local i, cost, limit, span = ARGV[b] + 0, ARGV[b + 2] + 0, ARGV[b + 3] + 0, ARGV[b + 4] + 0
    local s, permits = read(i, ARGV[b + 1] + 0, limit, span), times * cost
    local index = floor(at / span)
    changed[i] = s
    if s.kind == RATE then
      s.used = s.used > permits * span and s.used - permits * span or 0
    elseif s.kind == WINDOW then
      for k = 1, s.n, 2 do
        if s[k] == index then
          local back = s[k + 1] < permits and s[k + 1] or permits
          s[k + 1], s.total = s[k + 1] - back, s.total - back
        end
      end
    elseif s.at == index then
      s.total = s.total > permits and s.total - permits or 0
    end
    tell(out, s, limit, cost)
  end
  a = last + 1
end
write()
return out
`);
