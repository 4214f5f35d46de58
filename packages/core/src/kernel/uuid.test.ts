import { describe, expect, it } from 'vitest';
import { isUuid, uuidBytes, uuidText, uuidv7Generator } from './uuid.ts';

describe('uuidv7Generator', () => {
  it('ids are UUIDv7, say their millisecond, and are never made twice', () => {
    const make = uuidv7Generator(() => 0x0199_3f5e_7c1a);
    const ids = Array.from({ length: 2000 }, () => make()); // more than one draw of randomness
    for (const id of ids) expect(id).toMatch(/^01993f5e-7c1[a-f]-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.slice(19))).size).toBe(ids.length);
  });

  it('ids grow within a millisecond, beyond what its counter holds, and when the clock steps back', () => {
    let now = 1_800_000_000_000;
    const make = uuidv7Generator(() => now);
    let last = '';
    for (let round = 0; round < 12_000; round++) {
      if (round === 9000) now -= 60_000;
      if (round === 10_000) now += 120_000;
      const id = make();
      expect(id > last).toBe(true);
      last = id;
    }
  });

  it('an id says its own millisecond, also where more were written ahead than the one before has needed', () => {
    let now = 0x0199_3f5e_7c1a;
    const make = uuidv7Generator(() => now);
    for (const wanted of [1, 2, 40, 5, 1, 100, 3]) {
      now++;
      const ids = Array.from({ length: wanted }, () => make());
      for (const id of ids) expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now);
      expect(new Set(ids.map((id) => id.slice(19))).size).toBe(wanted);
    }
  });

  it('told the monotonic clock, it reads the other one once in four milliseconds, and ids grow all the same', () => {
    let reads = 0;
    let now = 1_800_000_000_000;
    const make = uuidv7Generator(() => {
      reads++;
      return now;
    });
    const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    for (let at = 0; at < 6; at++) make(0.1); // what is needed is written ahead the next time
    now++;
    reads = 0;
    const ids = [0.2, 4.2, 4.3, 8.1].map((at) => make(at));
    expect(reads).toBe(1);
    now++;
    ids.push(make(8.15), make(8.3), make());
    expect(ids.map(timeOf)).toEqual([now - 2, now - 1, now - 1, now - 1, now - 1, now, now]);
    expect(ids).toEqual(ids.toSorted());
  });

  it('the same clock and the same chance make the same ids', () => {
    const random = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => at % 251);
    const [a, b] = [uuidv7Generator(() => 1, random), uuidv7Generator(() => 1, random)];
    expect(Array.from({ length: 300 }, () => a())).toEqual(Array.from({ length: 300 }, () => b()));
  });
});

describe('uuidBytes and uuidText', () => {
  it('are each other’s inverse', () => {
    const id = uuidv7Generator()();
    expect(uuidText(uuidBytes(id))).toBe(id);
    expect([isUuid(id), isUuid(id.toUpperCase()), isUuid(`${id} `), isUuid('')]).toEqual([true, false, false, false]);
  });
});
