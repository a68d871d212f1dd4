import { createLog } from "@kerf/runtime/log";
import { expect, test } from "vitest";
import { readSettings } from "../settings/settings.ts";
import { BatchSender } from "./batch-sender.ts";
import type { Exporter } from "./exporter.ts";

/** What waits: one batch of two things that can be read, and one that cannot. */
function sending(sent: unknown[]) {
  const waiting = [() => "read", () => Promise.reject(new Error("not to be read"))];
  let dropped = 0;
  const exporter: Exporter<string> = {
    export: (batch, done) => {
      sent.push(batch);
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  const sender = new BatchSender<string>({
    what: "things",
    everyMs: 60_000,
    timeoutMs: 1_000,
    log: createLog({ unit: "all", level: "silent" }),
    exporter: async () => exporter,
    source: {
      get length() {
        return waiting.length;
      },
      get full() {
        return waiting.length > 0;
      },
      take: () => ({ count: 2, read: waiting.shift()! }),
      drop: (count) => (dropped += count),
    },
  });
  return { sender, dropped: () => dropped };
}

test("what cannot be made of a batch is dropped and counted, and harms nobody", async () => {
  const sent: unknown[] = [];
  const { sender, dropped } = sending(sent);
  await sender.flush();
  expect([sent, dropped()]).toEqual([["read"], 2]);
  await sender.close();
});

test("a batch is never larger than the queue, where it would not become full", () => {
  const { spanBatching } = readSettings({ OTEL_BSP_MAX_QUEUE_SIZE: "100" })!;
  expect(spanBatching).toMatchObject({ queueSize: 100, batchSize: 100 });
});
