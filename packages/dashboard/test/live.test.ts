import { expect, test } from "vitest";
import type { LiveEvent } from "@kerf/dashboard/api";
import { opened, type Opened } from "./opened.ts";

/** Reads events until one is what is waited for. */
async function listen({ ask }: Opened, query: string) {
  const response = await ask(`/api/live?${query}`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const heard: LiveEvent[] = [];
  let ended = false;
  const reading = (async () => {
    let rest = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n\n");
      rest = lines.pop()!;
      for (const line of lines)
        if (line.startsWith("data: ")) heard.push(JSON.parse(line.slice("data: ".length)) as LiveEvent);
    }
  })()
    .catch(() => {})
    .finally(() => (ended = true));
  return { heard, reading, ended: () => ended };
}

const log = (body: string, severityNumber: number): object => ({
  timeUnixNano: `${Date.now()}000000`,
  severityNumber,
  body: { stringValue: body },
});
const send = (at: Opened, ...logRecords: object[]) =>
  at.send("logs", { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });

test("a page hears what changed, and the log lines that it is for, once each", async () => {
  const at = await opened();
  await send(at, log("long ago", 17));
  await expect.poll(async () => (await at.read<{ logs: [] }>("/api/logs")).logs.length).toBe(1);
  const all = await listen(at, "logs=1");
  const errors = await listen(at, "logs=1&level=error&text=CARD");
  const none = await listen(at, "");
  await send(at, log("the card was declined", 17), log("the card was tried", 9), log("no stock", 17));
  const linesOf = (events: readonly LiveEvent[]) =>
    events.flatMap((event) => (event.type === "logs" ? event.logs.map(({ message }) => message) : []));
  await expect.poll(() => linesOf(errors.heard), { timeout: 5_000 }).toEqual(["the card was declined"]);
  await expect
    .poll(() => linesOf(all.heard), { timeout: 5_000 })
    .toEqual(["the card was declined", "the card was tried", "no stock"]);
  await send(at, log("one more", 9));
  await expect.poll(() => linesOf(all.heard), { timeout: 5_000 }).toHaveLength(4);
  expect(linesOf(errors.heard)).toHaveLength(1);
  expect(linesOf(none.heard)).toEqual([]);
  expect(none.heard.some((event) => event.type === "changed" && event.topics.includes("logs"))).toBe(true);

  await at.dashboard.close();
  await Promise.all([all.reading, errors.reading, none.reading]);
  expect(all.ended()).toBe(true);
});

test("more lines than anybody reads are counted, not sent", async () => {
  const at = await opened();
  const { heard } = await listen(at, "logs=1");
  await send(at, ...Array.from({ length: 1_000 }, (_, i) => log(`line ${i}`, 9)));
  await expect.poll(() => heard.filter(({ type }) => type === "logs"), { timeout: 5_000 }).toHaveLength(1);
  const [event] = heard.filter((one) => one.type === "logs");
  expect(event!.logs).toHaveLength(200);
  expect(event!.logs.at(-1)!.message).toBe("line 999");
  expect(event!.skipped).toBe(800);
});

test("who does not know the token hears nothing", async () => {
  const { dashboard } = await opened();
  expect((await fetch(`${dashboard.endpoint}/api/live`)).status).toBe(401);
});
