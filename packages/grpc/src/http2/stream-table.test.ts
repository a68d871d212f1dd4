import fc from "fast-check";
import { expect, it } from "vitest";
import { StreamTable } from "./stream-table.ts";

it("behaves as a Map, also when ids lap the ring while old streams stay open", () => {
  const steps = fc.array(
    fc.record({ open: fc.nat(400), close: fc.array(fc.nat(3000), { maxLength: 300 }) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(steps, fc.boolean(), (list, even) => {
      const table = new StreamTable<{ readonly id: number }>();
      const model = new Map<number, { readonly id: number }>();
      let next = even ? 2 : 1;
      for (const { open, close } of list) {
        for (let n = 0; n < open; n++, next += 2) {
          const stream = { id: next };
          table.add(stream);
          model.set(next, stream);
        }
        for (const n of close) {
          const id = (even ? 2 : 1) + 2 * n;
          expect(table.delete(id)).toBe(model.delete(id));
        }
        expect(table.size).toBe(model.size);
        for (const id of model.keys()) expect(table.get(id)).toBe(model.get(id));
        expect(table.get(next)).toBeUndefined();
        const seen: number[] = [];
        table.forEach(({ id }) => seen.push(id));
        expect(seen.toSorted((a, b) => a - b)).toEqual([...model.keys()]);
      }
    }),
    { numRuns: 60 },
  );
});

it("keeps streams that are open while six thousand others come and go", () => {
  const table = new StreamTable<{ readonly id: number }>();
  const old = [1, 3, 5].map((id) => ({ id }));
  for (const stream of old) table.add(stream);
  for (let id = 7; id < 12_000; id += 2) {
    table.add({ id });
    if (id > 400) table.delete(id - 300);
  }
  for (const stream of old) expect(table.get(stream.id)).toBe(stream);
});
