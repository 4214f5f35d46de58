import { openPageText, writePagesText } from './ledger-pages.ts';

/**
 * What takes more than a look: checks that are not granted as a whole, that only look, or that give back. All is read
 * once, decided here, and written at the end. It is made when it is needed: a script pays for each function that
 * it makes and for each variable that one finds outside.
 *
 * A clock that was set back by less than a window goes on counting in the newest sub-window, and so does a rate by less
 * than the time of all its permits, at least a minute. By more than that all begin anew, or they would refuse for as long
 * as the clock was set back by. What can't be read counts as none.
 */
export const ledgerText: string = `
local function makeLedger(now, keys, values, out, rules, milliseconds)
  local call, floor, byte = redis.call, math.floor, string.byte
  local pack, unpacked, sub = struct.pack, struct.unpack, string.sub
  local pages, changed, char = {}, {}, string.char

${openPageText}
  -- the permits that count: of a window by sub-window, of a rate as the time until all are back
  local function read(budget, r, section)
    local kind, limit, span, till = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 7]
    budget.used, budget.rule = 0, r
    if kind == 0 then budget.list = {} end
    if kind ~= 1 then budget.period = till end
    if not section then return end
    local ends, count, tail = section.ends, section.spent, section.tail
    if kind == 1 then
      local left, most = ends - now, limit * span
      if left > 0 and left <= most + math.max(most, 60000000) then budget.used = math.min(left, most) end
      return
    end
    if kind == 2 then
      if ends >= till and ends <= till + span then budget.period, budget.used = ends, count end
      return
    end
    if tail ~= '' and #tail % 5 ~= 4 or #tail > 84 then return end
    if not (ends % span == 0 and ends > till - 17 * span and ends < till + 17 * span) then return end
    local list, n, total, newest = budget.list, 0, 0, ends / span
    for from = 1, #tail - 4, 5 do
      local index, permits = unpacked('<BI4', tail, from)
      index = newest - (newest - index) % 256
      if index * span > till - 17 * span then list[n + 1], list[n + 2], n, total = index, permits, n + 2, total + permits end
    end
    if tail ~= '' then count = count - unpacked('<I4', tail, #tail - 3) end
    list[n + 1], list[n + 2] = newest, count
    budget.used = total + count
    if ends > till then budget.period = ends end
  end

  local ledger = {}

  function ledger.find(i, r)
    local home, name = pages[i], rules[r + 5]
    if not home then
      local value = values[i]
      if value == 0 then value = call('GET', keys[i]) end
      home = open(keys[i], value)
      pages[i] = home
    end
    local budget = home.budgets[name]
    if budget then return budget end
    budget = {name = name, home = home, page = home}
    home.budgets[name] = budget
    if not home.places[name] and home.more > now then
      local key = home.key .. string.format('%.0f', name)
      local own = open(key, call('MGET', key)[1])
      if own.places[name] then budget.page = own end
    end
    local section = budget.page[budget.page.places[name]]
    read(budget, r, section and section.ends > now and section)
    return budget
  end

  local function fit(budget, r)
    local limit, span = rules[r + 2], rules[r + 3]
    if rules[r + 1] == 1 then return floor((limit * span - budget.used) / span) end
    local left = limit - budget.used
    return left > 0 and left or 0
  end

  local function untilAll(budget, r)
    if rules[r + 1] == 1 then return budget.used end
    if budget.used == 0 then return 0 end
    if rules[r + 1] == 2 then return budget.period - now end
    local list = budget.list
    return list[#list - 1] * rules[r + 3] - now
  end

  local function untilFit(budget, r)
    local kind, limit, span, cost = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4]
    if cost > limit then return -1 end
    if kind == 1 then
      local over = budget.used + (cost - limit) * span
      return over > 0 and over or 0
    end
    local lack = budget.used + cost - limit
    if lack <= 0 or cost == 0 then return 0 end
    if kind == 0 then
      local list = budget.list
      for k = 1, #list, 2 do
        lack = lack - list[k + 1]
        if lack <= 0 then return list[k] * span - now end
      end
    end
    return untilAll(budget, r)
  end

  local function touch(budget)
    if budget.changed then return end
    budget.changed = true
    changed[#changed + 1] = budget
  end

  -- how many of so many requests fit
  function ledger.most(budget, r, times)
    local cost = rules[r + 4]
    if cost == 0 then return times end
    local permits = fit(budget, r)
    return permits < times * cost and floor(permits / cost) or times
  end

  function ledger.take(budget, r, permits)
    if permits == 0 then return end
    touch(budget)
    if rules[r + 1] == 1 then
      budget.used = budget.used + permits * rules[r + 3]
      return
    end
    budget.used = budget.used + permits
    local list = budget.list
    if not list then return end
    local size, period = #list, budget.period / rules[r + 3]
    if list[size - 1] == period then
      list[size] = list[size] + permits
    else
      list[size + 1], list[size + 2] = period, permits
    end
  end

  function ledger.putBack(budget, r, permits, time)
    local kind, span, used = rules[r + 1], rules[r + 3], budget.used
    touch(budget)
    if kind == 1 then
      budget.used = used > permits * span and used - permits * span or 0
    elseif kind == 2 then
      if budget.period == (floor(time / span) + 1) * span then budget.used = used > permits and used - permits or 0 end
    else
      local list, kept, size, period = budget.list, {}, 0, floor(time / span) + 17
      for k = 1, #list, 2 do
        local left = list[k + 1]
        if list[k] == period then
          local back = left < permits and left or permits
          left, budget.used = left - back, budget.used - back
        end
        if left > 0 then kept[size + 1], kept[size + 2], size = list[k], left, size + 2 end
      end
      budget.list = kept
    end
  end

  function ledger.tell(n, budget, r)
    out[n + 1], out[n + 2], out[n + 3] = fit(budget, r), untilAll(budget, r), untilFit(budget, r)
    return n + 3
  end

  local function sectionOf(budget)
    local name, permits, kind, list = budget.name, budget.used, rules[budget.rule + 1], budget.list
    if kind == 1 then return {name = name, ends = now + permits, spent = 0, tail = ''} end
    local section = {name = name, ends = budget.period, spent = permits, tail = ''}
    if not list then return section end
    local size = #list
    section.ends = list[size - 1] * rules[budget.rule + 3]
    if size > 2 then
      local tail = ''
      for k = 1, size - 2, 2 do tail = tail .. pack('<BI4', list[k] % 256, list[k + 1]) end
      section.tail = tail .. pack('<I4', permits - list[size])
    end
    return section
  end

${writePagesText}
  return ledger
end
local ledger
`;
