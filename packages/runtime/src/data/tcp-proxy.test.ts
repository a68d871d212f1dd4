import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tcpProxy, type TcpProxy } from "./tcp-proxy.ts";

let proxy: TcpProxy;
let client: Socket;
let server: Socket;
const closing: (() => unknown)[] = [];
/** What has come to each side, and how it ended there. */
let at: Record<"client" | "server", { text: string; end: string }>;

beforeEach(async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  proxy = await tcpProxy({ host: "127.0.0.1", port: (listener.address() as { port: number }).port });
  const accepted = once(listener, "connection");
  client = connect(proxy.port, "127.0.0.1");
  [server] = (await accepted) as [Socket];
  at = { client: { text: "", end: "" }, server: { text: "", end: "" } };
  for (const [side, socket] of [
    ["client", client],
    ["server", server],
  ] as const) {
    socket.setEncoding("utf8").on("data", (text: string) => (at[side].text += text));
    socket.on("end", () => (at[side].end ||= "end"));
    socket.on("error", (error: NodeJS.ErrnoException) => (at[side].end = error.code ?? "error"));
  }
  closing.push(
    () => client.destroy(),
    () => server.destroy(),
    () => proxy.close(),
    () => listener.close(),
  );
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

test("what is held one way arrives when it is over, whole and in order; the other way flows", async () => {
  proxy.blackhole(true, "to-server");
  client.write("one ");
  server.write("hello");
  await expect.poll(() => at.client.text).toBe("hello");
  client.write("two");
  server.write(" again");
  await expect.poll(() => at.client.text).toBe("hello again");
  expect(at.server.text).toBe("");
  proxy.heal();
  await expect.poll(() => at.server.text).toBe("one two");
});

test("a delay that ends lets nothing overtake what is on its way", async () => {
  proxy.delay(60_000, "to-server");
  client.write("slow ");
  await expect.poll(() => client.bytesWritten).toBe(5);
  server.write("answer");
  await expect.poll(() => at.client.text).toBe("answer");
  proxy.heal();
  client.write("quick");
  await expect.poll(() => at.server.text).toBe("slow quick");
});

test("a delay is waited", async () => {
  proxy.delay(80, "to-client");
  const since = performance.now();
  server.write("late");
  await expect.poll(() => at.client.text, { interval: 5 }).toBe("late");
  expect(performance.now() - since).toBeGreaterThanOrEqual(79);
});

test("a cut in mid-frame delivers half, and then the end to both", async () => {
  proxy.cutInFrame("to-client");
  server.write("12345678");
  await expect.poll(() => at.client).toEqual({ text: "1234", end: "end" });
  await expect.poll(() => server.destroyed || at.server.end !== "").toBe(true);
});

test("a reset is one for both", async () => {
  client.write("x");
  await expect.poll(() => at.server.text).toBe("x");
  proxy.reset();
  await expect.poll(() => [at.client.end, at.server.end]).toEqual(["ECONNRESET", "ECONNRESET"]);
});

test("what was sent just before a close arrives", async () => {
  proxy.delay(20);
  client.end("last words");
  await expect.poll(() => at.server).toEqual({ text: "last words", end: "end" });
});
