import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { freshPlace, isAlive, query } from "./testing.ts";

// Each has an `expect` of its own: they run together.
describe.concurrent("an embedded PostgreSQL", () => {
  test("a killed keeper is replaced for those attached, and the server goes on", async ({ expect }) => {
    await using place = await freshPlace();
    const server = await place.attach();
    const [keeper, postmaster] = [await place.keeperPid(), await place.postmasterPid()];
    process.kill(keeper, "SIGKILL");
    await expect
      .poll(async () => await place.keeperPid().catch(() => 0), { timeout: 5_000 })
      .not.toBe(keeper);
    expect(await place.postmasterPid()).toBe(postmaster);
    const other = await place.attach();
    expect(other.url).toBe(server.url);
    await Promise.all([server.release(), other.release({ now: true })]);
    await expect.poll(() => isAlive(postmaster), { timeout: 5_000 }).toBe(false);
  });

  test("a PostgreSQL whose keeper and clients are all gone is adopted by the next", async ({ expect }) => {
    await using place = await freshPlace();
    const client = spawn(process.execPath, [
      "--input-type=module",
      "-e",
      `import { attachEmbedded } from ${JSON.stringify(new URL("../embedded.ts", import.meta.url).href)};
       await attachEmbedded({ dataDir: ${JSON.stringify(place.dataDir)} }); console.log("attached"); setInterval(() => {}, 1000);`,
    ]);
    await new Promise((resolve) => client.stdout.once("data", resolve));
    const postmaster = await place.postmasterPid();
    client.kill("SIGKILL");
    process.kill(await place.keeperPid(), "SIGKILL");
    await sleep(50);
    const server = await place.attach();
    expect(await place.postmasterPid()).toBe(postmaster);
    expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("a PostgreSQL that is killed is started again on the same port, also when adopted", async ({
    expect,
  }) => {
    await using place = await freshPlace();
    const server = await place.attach();
    for (const adopted of [false, true]) {
      if (adopted) {
        const keeper = await place.keeperPid();
        process.kill(keeper, "SIGKILL");
        await expect
          .poll(async () => await place.keeperPid().catch(() => 0), { timeout: 5_000 })
          .not.toBe(keeper);
      }
      const before = await place.postmasterPid();
      process.kill(before, "SIGKILL");
      await expect
        .poll(async () => await query(server, "select 1 as one").catch(() => []), { timeout: 15_000 })
        .toEqual([{ one: 1 }]);
      expect(await place.postmasterPid()).not.toBe(before);
    }
  });

  test("ends 10 s after a client that was killed without a word", { timeout: 40_000 }, async ({ expect }) => {
    await using place = await freshPlace();
    const server = await place.attach();
    const [keeper, postmaster] = [await place.keeperPid(), await place.postmasterPid()];
    await server.release();
    await sleep(8_000);
    expect(isAlive(postmaster)).toBe(true);
    await expect.poll(() => isAlive(postmaster) || isAlive(keeper), { timeout: 6_000 }).toBe(false);
  });
});
