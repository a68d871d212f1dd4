import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { watchEventLoop } from "./event-loop.ts";

test("every reader sees the same window, and a stall for six of them", async () => {
  const loop = watchEventLoop(200);
  try {
    await expect.poll(() => loop.read().max, { interval: 10, timeout: 5_000 }).toBeGreaterThan(0);
    // In a timer, and the end of a window falls into it.
    await new Promise<void>((done) =>
      setTimeout(() => {
        const end = performance.now() + 250;
        while (performance.now() < end);
        done();
      }),
    );
    await expect.poll(() => loop.read().max, { interval: 10, timeout: 5_000 }).toBeGreaterThan(0.15);
    await expect.poll(() => loop.read() === loop.read(), { interval: 10, timeout: 5_000 }).toBe(true);
    expect(loop.read().p99).toBeGreaterThan(0.15);
    expect(loop.read().utilization).toBeGreaterThan(0.3);
    // A window later it is of the past, but for who comes by less often.
    await expect.poll(() => loop.read().p99, { interval: 10, timeout: 5_000 }).toBeLessThan(0.15);
    expect(loop.read().max).toBeGreaterThan(0.15);
    await expect.poll(() => loop.read().max, { interval: 10, timeout: 10_000 }).toBeLessThan(0.15);
  } finally {
    loop.close();
  }
});

test("it keeps no process alive", async () => {
  const module = JSON.stringify(new URL("event-loop.ts", import.meta.url).href);
  const program = `import(${module}).then(({ watchEventLoop }) => watchEventLoop().read())`;
  await promisify(execFile)(process.execPath, ["-e", program], { timeout: 10_000 });
});
