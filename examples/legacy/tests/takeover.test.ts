import { expect, it, vi } from "vitest";
import { keepBusy } from "./load.ts";
import { copyExample, Dev, openBookshop } from "./running.ts";

/** How often the route changes hands. */
const ROUNDS = 3;

it("loses no request while a route goes from the application to a service, and back", async () => {
  await using application = await openBookshop();
  const example = copyExample("kerf.before.ts");
  try {
    await using dev = new Dev(example.folder, { KERF_LEGACY_URL: application.url });
    const load = keepBusy(await dev.ready(1), 16);
    let times = 1;
    for (let round = 0; round < ROUNDS; round++) {
      for (const [file, who] of [
        ["kerf.one-route.ts", "byService"],
        ["kerf.before.ts", "byApplication"],
      ] as const) {
        example.use(file);
        await dev.ready(++times);
        const before = load.counts[who];
        await vi.waitFor(() => expect(load.counts[who]).toBeGreaterThan(before + 50), { timeout: 10_000 });
      }
    }
    const { failed, answered, byApplication, byService } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(500);
    expect(Math.min(byApplication, byService)).toBeGreaterThan(50 * ROUNDS);
  } finally {
    example.remove();
  }
}, 120_000);
