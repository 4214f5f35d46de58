/**
 * A value as the ledger sees it: of each budget a section, in their order, and where each name is.
 *
 * It holds at most 64 sections. Further budgets of its partition have keys of their own, behind which their name stands,
 * and the value a section named 0, whose end is the last of theirs: until then who is not in the value is looked for
 * there. So each budget is in one place, whatever others come and go meanwhile.
 */
export const openPageText = `
  -- sections in their order, and where each name is
  local function open(key, value)
    local page, size = {key = key, places = {}, budgets = {}, more = 0}, value and #value or 0
    local k = size > 8 and byte(value, 8) or 0
    local numbers, lengths, from = 9 + 6 * k, 9 + 18 * k, 9 + 19 * k
    local after = from
    if size < from - 1 then return page end
    for j = lengths, from - 1 do after = after + byte(value, j) end
    if after ~= size + 1 then return page end
    for j = 0, k - 1 do
      local name, ends, spent = unpacked('<I6', value, 9 + 6 * j), unpacked('<dI4', value, numbers + 12 * j)
      after = from + byte(value, lengths + j)
      if page.places[name] or not (ends < 9007199254740992) then
        -- nothing of ours
      elseif name == 0 then
        page.more = ends
      else
        page[#page + 1] = {name = name, ends = ends, spent = spent, tail = sub(value, from, after - 1)}
        page.places[name] = #page
      end
      from = after
    end
    return page
  end
`;

/** All that has changed is written at the end, each value once; one without sections is deleted. */
export const writePagesText = `
  local function alive(page)
    local count = 0
    for _, section in ipairs(page) do
      if section.ends > now then count = count + 1 end
    end
    return count
  end

  local function put(budget, touched)
    local page, home, name = budget.page, budget.home, budget.name
    local place, section = page.places[name], {name = name, ends = 0}
    if budget.used > 0 then
      section = sectionOf(budget)
      if not place and alive(page) >= 64 then
        page = open(home.key .. string.format('%.0f', name), false)
        budget.page = page
      end
      if page ~= home and section.ends > home.more then
        home.more = section.ends
        touched[home] = true
      end
    elseif not place then
      return
    end
    if not place then
      place = #page + 1
      page.places[name] = place
    end
    page[place] = section
    touched[page] = true
  end

  function ledger.write()
    local touched, concat = {}, table.concat
    for _, budget in ipairs(changed) do put(budget, touched) end
    for page in pairs(touched) do
      local names, numbers, lengths, tails, n, last = {}, {}, {}, {}, 0, 0
      local function keep(name, ends, spent, tail)
        if not (ends > now) then return end
        n = n + 1
        names[n], numbers[n], lengths[n], tails[n] = pack('<I6', name), pack('<dI4', ends, spent), char(#tail), tail
        if ends > last then last = ends end
      end
      for _, section in ipairs(page) do keep(section.name, section.ends, section.spent, section.tail) end
      keep(0, page.more, 0, '')
      if n > 0 then
        local value = pack('<I7B', last, n) .. concat(names) .. concat(numbers) .. concat(lengths) .. concat(tails)
        call('SET', page.key, value, 'PX', milliseconds(last - now))
      else
        call('DEL', page.key)
      end
    end
  end
`;
