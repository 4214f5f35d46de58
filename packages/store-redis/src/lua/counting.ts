/** Budgets of a check that are counted on as one. */
const MOST = 4;

/** What one of them becomes. Kept flat: a function would cost more than all of this. */
const budget = (b: number): string => {
  const q = 5 * b;
  return `
    if count ${b === 1 ? '> 0' : `>= ${b}`} then
      local till = run[${q - 4}]
      if till == 0 then
        if e${b} < now then e${b} = now end
        e${b} = e${b} + times * run[${q - 3}]
        answer = e${b} - now
        if not (answer <= run[${q - 2}]) then return false end
        if not (e${b} <= life) then wanted = now + (answer < 5000000 and 10000000 or answer * 2) end
      else
        if e${b} ~= till then
          s${b}, tails = older(value, k, place + ${b - 1}, e${b}, s${b}, r + ${7 * (b - 1)}, tails, ${b})
          if not s${b} then return false end
          e${b} = till
          if not (till <= life) then wanted = run[${q}] end
        end
        s${b} = s${b} + times * run[${q - 3}]
        if s${b} > run[${q - 2}] then return false end
        answer = run[${q - 1}] - s${b}
      end
      if wanted > live then live = wanted end
      out[n + ${b}] = answer
    end`;
};

const each = (text: (b: number) => string): string => Array.from({ length: MOST }, (_, i) => text(i + 1)).join(', ');
const numbers: string = each((b) => `e${b}, s${b}`);

/**
 * Budgets that have been spent from, and whose check fits once more: their numbers are looked for and written over where
 * they are. The key keeps its life where that is long enough. Nothing is written where it takes more.
 */
export const countingText: string = `
local offsets, names, runs = {}, {}, {}
local find, sub, char = string.find, string.sub, string.char

local function offsetOf(at)
  local text = offsets[at]
  if not text then
    text = string.format('%d', at - 1)
    offsets[at] = text
  end
  return text
end

-- where a name begins among a value's; of several, where they stand one behind the other
local function placeOf(value, k, name)
  local from = 9
  while true do
    local at = find(value, name, from, true)
    if not at or at >= 9 + 6 * k then return end
    if (at - 9) % 6 == 0 then return at end
    from = at + 1
  end
end

local function nameOf(r)
  local name = names[r]
  if not name then
    name = pack('<I6', rules[r + 5])
    names[r] = name
  end
  return name
end

-- a shape's names and the form of its numbers; then of each budget until when the (sub-)window of now counts (of a rate
-- 0), what it takes, what is most, what it is counted from, and until when the key is to live
local function runOf(s)
  local r, count, run = starts[s], counts[s], {}
  local name, form = '', '<'
  for b = 1, count do
    local kind, limit, span, cost, till = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4], rules[r + 7]
    name, form = name .. nameOf(r), form .. 'dI4'
    local q = 5 * b - 4
    if kind == 1 then
      run[q], run[q + 1], run[q + 2], run[q + 3], run[q + 4] = 0, cost * span, (limit - cost) * span, 0, 0
    else
      run[q], run[q + 1], run[q + 2], run[q + 3], run[q + 4] = till, cost, limit - cost, limit, kind == 0 and till + 3 * span or till
    end
    if cost == 0 then run.none = true end
    r = r + 7
  end
  if count > ${MOST} then run.none = true end
  run.name, run.form = name, form
  runs[s] = run
  return run
end

-- the permits of a budget whose newest (sub-)window has passed, and the tails of a check with this one's
local function older(value, k, place, ends, spent, r, tails, b)
  if ends > rules[r + 7] then return end
  tails = tails or {}
  tails[b] = ''
  if not (ends > now) then return 0, tails end
  local lengths, from, kept, newest = 9 + 18 * k, 9 + 19 * k, nil, nil
  for i = lengths, lengths + place - 1 do from = from + byte(value, i) end
  local length = byte(value, lengths + place)
  if from + length > #value + 1 then return end
  spent, kept, newest = carried(value, from, length, ends, spent, rules, r)
  if not spent then return end
  tails[b] = kept .. newest
  return spent, tails
end

-- the only budget of a value, which is more than counted on: the number for the caller
local function anew(key, value, life, ends, spent, r, times)
  local kind, limit, span, cost, till = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4], rules[r + 7]
  local length, kept, newest, answer, live = byte(value, 27), '', '', nil, till
  if #value ~= 27 + length then return end
  if kind == 1 then
    if not (ends > now) then ends = now end
    ends, spent = ends + times * cost * span, 0
    answer = ends - now
    if answer > (limit - cost) * span then return end
    live = now + (answer < 5000000 and 10000000 or answer * 2)
  else
    if ends >= till then return end
    if ends > now then
      spent, kept, newest = carried(value, 28, length, ends, spent, rules, r)
      if not spent then return end
    else
      spent = 0
    end
    ends, spent = till, spent + times * cost
    answer = limit - spent
    if answer < cost then return end
    if kind == 0 then live = till + 3 * span end
  end
  local own = #kept + #newest
  if kind == 1 or not (till <= life) then
    local head = pack('<I7BI6dI4B', live, 1, rules[r + 5], ends, spent, own)
    call('SET', key, head .. kept .. newest, 'PX', milliseconds(live - now))
  elseif own < length then
    call('SET', key, sub(value, 1, 14) .. pack('<dI4B', ends, spent, own) .. kept .. newest, 'KEEPTTL')
  else
    call('SETRANGE', key, '14', pack('<dI4B', ends, spent, own) .. kept .. newest)
  end
  return answer
end

-- all budgets of a check, where they stand one behind the other. False: it takes more than this, nothing: they don't
local function countOn(key, value, s, times)
  local run, r, count, size, life, k = runs[s] or runOf(s), starts[s], counts[s], #value, unpacked('<I7B', value)
  if run.none or size < 8 + 19 * k then return end
  local first = placeOf(value, k, run.name)
  if not first then return end
  local at, place, live, wanted, answer, tails = first * 2 + 6 * k - 9, (first - 9) / 6, 0, 0, nil, nil
  if place + count > k then return end
  local ${numbers} = unpacked(run.form, value, at)
${Array.from({ length: MOST }, (_, i) => budget(i + 1)).join('')}
  local text = pack(run.form, ${numbers})
  if not tails and live == 0 then
    call('SETRANGE', key, offsets[at] or offsetOf(at), text)
    return true
  end
  local after = at + 12 * count
  if tails then
    local lengths, from = 9 + 18 * k, 9 + 19 * k
    for i = lengths, lengths + place - 1 do from = from + byte(value, i) end
    local to, own, all, same = from, '', '', true
    for b = 1, count do
      local length, tail = byte(value, lengths + place + b - 1), tails[b]
      if tail then
        same, all, to = same and #tail == length, all .. tail, to + length
      elseif length > 0 then
        all, to = all .. sub(value, to, to + length - 1), to + length
      end
    end
    if to > size + 1 then return false end
    if same then
      text = text .. sub(value, after, from - 1) .. all .. sub(value, to)
    else
      for b = 1, count do own = own .. (tails[b] and char(#tails[b]) or sub(value, lengths + place + b - 1, lengths + place + b - 1)) end
      text = text .. sub(value, after, lengths + place - 1) .. own .. sub(value, lengths + place + count, from - 1) .. all .. sub(value, to)
    end
  else
    text = text .. sub(value, after)
  end
  if live > 0 then
    -- others may have passed
    if k ~= count then return false end
    call('SET', key, pack('<I7B', live, k) .. sub(value, 9, at - 1) .. text, 'PX', milliseconds(live - now))
  elseif at - 1 + #text < size then
    call('SET', key, sub(value, 1, at - 1) .. text, 'KEEPTTL')
  else
    call('SETRANGE', key, offsetOf(at), text)
  end
  return true
end

-- the same where others stand between them, which are in the same order
local function countEachOn(key, value, r, count, times)
  local life, k = unpacked('<I7B', value)
  local text, first, after = '', nil, nil
  if #value < 8 + 19 * k then return end
  for b = 1, count do
    local limit, span, cost = rules[r + 2], rules[r + 3], rules[r + 4]
    local at = placeOf(value, k, nameOf(r))
    if not at or cost == 0 then return end
    at = at * 2 + 6 * k - 9
    if after and at < after then return end
    local answer, ends, spent = nil, unpacked('<dI4', value, at)
    if rules[r + 1] == 1 then
      if ends < now then ends = now end
      ends = ends + times * cost * span
      answer = ends - now
      if not (ends <= life and answer <= (limit - cost) * span) then return end
    else
      if ends ~= rules[r + 7] then return end
      spent = spent + times * cost
      answer = limit - spent
      if answer < cost then return end
    end
    if b == 1 then first = at else text = text .. sub(value, after, at - 1) end
    text, after, r = text .. pack('<dI4', ends, spent), at + 12, r + 7
    out[n + b] = answer
  end
  call('SETRANGE', key, offsetOf(first), text)
  return true
end
`;
