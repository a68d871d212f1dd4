import { connect as dial, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { testServer } from "../../data/testing.ts";
import { Link } from "./link.ts";

it("gives up a connection that does not answer, and works over a new one", async () => {
  const { adminUrl } = await testServer();
  const target = new URL(adminUrl);
  const sockets = new Set<Socket>();
  let swallow = false;
  // Accepts everything and, while it swallows, passes nothing on: what a broken network path looks like.
  const proxy = createServer((near) => {
    const far = dial(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (data) => swallow || to.write(data));
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  const { port } = proxy.address() as { port: number };
  const link = new Link({
    url: adminUrl.replace(target.host, `127.0.0.1:${port}`),
    max: 2,
    statementMs: 300,
  });
  const ask = () => link.run((sql) => sql`select 1 as one`);

  expect(await ask()).toEqual([{ one: 1 }]);
  swallow = true;
  await expect(ask()).rejects.toThrow("did not answer within 300 ms");
  swallow = false;
  expect(await ask()).toEqual([{ one: 1 }]);

  await link.close();
  await expect(ask()).rejects.toThrow("closed");
  for (const socket of sockets) socket.destroy();
  proxy.close();
});
