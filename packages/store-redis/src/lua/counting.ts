/**
 * Budgets that have been spent from, and whose check fits once more: their sections are looked for and written over where
 * they are. The key keeps its life where that is long enough. Nothing is answered, and nothing written, where it takes
 * more.
 */
export const countingText = `
local offsets, guesses = {}, {}
local find, sub = string.find, string.sub

local function offsetOf(at)
  local text = offsets[at]
  if not text then
    text = string.format('%d', at - 1)
    offsets[at] = text
  end
  return text
end

-- where a budget's section is, if so much of it is there; others' sections may be in the same order
local function placeOf(value, r, least)
  local at = find(value, pack('<I6', rules[r + 5]), 9, true)
  if not at or #value <= at + least then return end
  guesses[r] = at
  return at
end

-- the only budget of a value, which is more than counted on: the number for the caller
local function anew(key, value, r, times)
  local life, name, length, ends = unpacked('<dI6Bd', value)
  if name ~= rules[r + 5] or length ~= #value - 15 then return end
  local section, answer, wanted = sectionOf(value, 9, length, ends, rules, r, times, now)
  if not section then return end
  if rules[r + 1] == 1 or not (rules[r + 7] <= life) then
    call('SET', key, pack('<d', wanted) .. section, 'PX', milliseconds(wanted - now))
  elseif #section < length + 7 then
    call('SET', key, sub(value, 1, 8) .. section, 'KEEPTTL')
  else
    call('SETRANGE', key, '8', section)
  end
  return answer
end

-- all budgets of a check, each in its order in one value, which is written over from the first to the last number, or
-- gets a longer life, where it holds no others
local function countAllOn(key, value, r, count, times)
  local life, at, size, text, first, after = unpacked('<d', value), guesses[r] or 9, #value, '', nil, nil
  local live, own = 0, 8
  for b = 1, count do
    local kind, limit, span, cost = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4]
    local form, least = '<I6BdI4', 17
    if kind == 1 then form, least = '<I6Bd', 13 end
    local name, length, ends, spent
    if size > at + least then name, length, ends, spent = unpacked(form, value, at) end
    if name ~= rules[r + 5] then
      local before = at
      at = placeOf(value, r, least)
      if not at or b > 1 and at < before then return end
      name, length, ends, spent = unpacked(form, value, at)
    end
    if cost == 0 or length < least - 5 or size < at + length + 6 then return end
    local from, new, answer, wanted
    own = own + 7 + length
    if kind == 1 then
      if not (ends > now) then ends = now end
      ends = ends + times * cost * span
      answer = ends - now
      if answer > (limit - cost) * span then return end
      from, new, wanted = at + 7, pack('<d', ends), ends
      if not (ends <= life) then wanted = now + (answer < 5000000 and 10000000 or answer * 2) end
    elseif ends == rules[r + 7] then
      spent = spent + times * cost
      answer = limit - spent
      if answer < cost then return end
      from, new = at + 15, pack('<I4', spent)
    else
      from, new, answer, wanted = at, sectionOf(value, at, length, ends, rules, r, times, now)
      if not new then return end
      if rules[r + 7] <= life then wanted = nil end
    end
    if wanted and not (wanted <= life) and wanted > live then live = wanted end
    if b == 1 then first, text = from, new else text = text .. sub(value, after, from - 1) .. new end
    out[n + b] = answer
    at = at + 7 + length
    after = kind == 1 and at or from < at - length and at or from + 4
    r = r + 7
  end
  if live > 0 then
    if own ~= size then return end
    if first > 9 or after <= size then text = sub(value, 9, first - 1) .. text .. sub(value, after) end
    call('SET', key, pack('<d', live) .. text, 'PX', milliseconds(live - now))
  elseif #text == after - first or #text > after - first and after > size then
    call('SETRANGE', key, offsetOf(first), text)
  else
    call('SET', key, sub(value, 1, first - 1) .. text .. sub(value, after), 'KEEPTTL')
  end
  return true
end
`;
