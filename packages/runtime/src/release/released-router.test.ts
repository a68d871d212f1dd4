import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, contract, DeclaredError, query, StatusError, type AnyCommand, type AnyQuery } from "kerf";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Router } from "../call/router.ts";
import { createLog } from "../log/index.ts";
import type { CallRequest } from "../transport/transport.ts";
import { readReleases, type ReleaseEntry } from "./release.ts";
import { releasedRouter } from "./released-router.ts";
import { releasesFile } from "./releases-file.ts";
import { manualClock } from "./testing.ts";

const catalog = contract("catalog", {
  version: 1,
  item: query({
    input: z.object({ sku: z.string() }),
    output: z.object({
      sku: z.string(),
      lines: z.array(z.object({ pence: z.int() })),
      names: z.record(z.string(), z.string()),
    }),
  }),
  add: command({ input: z.object({ sku: z.string() }) }),
});
const other = contract("other", { version: 1, ask: query({}) });
const log = createLog({ unit: "test", level: "silent" });
const reply = { sku: "a", lines: [{ pence: 5 }], names: { ann: "Ann" } };

interface Sent {
  readonly to: string;
  readonly request: CallRequest;
}

/** A router over two versions, each of which answers as a test says. */
function made(
  entry: Partial<ReleaseEntry>,
  answers: { next?: () => Promise<unknown>; current?: () => Promise<unknown> } = {},
) {
  const sent: Sent[] = [];
  const clock = manualClock();
  let text: object = { catalog: { to: "next", ...entry } };
  let releases = readReleases(JSON.stringify(text), ["catalog", "other"], "file");
  const plain: Router = {
    call: async (_member, request) => {
      sent.push({ to: "current", request });
      return answers.current ? answers.current() : reply;
    },
    callUnit: async (to, _member, request) => {
      sent.push({ to, request });
      return answers.next ? answers.next() : reply;
    },
    addressOf: async () => "",
    close: () => {},
  };
  const router = releasedRouter({ router: plain, releases: () => releases, clock, log, stored: () => true });
  let n = 0;
  const call = (
    member: AnyQuery | AnyCommand,
    header: Partial<CallRequest["header"]> = {},
  ): Promise<unknown> =>
    router.call(
      member,
      {
        member: member.id,
        input: { sku: "a" },
        header: {
          id: member.kind === "command" ? `c${n}` : undefined,
          deadlineAt: clock.now() + 2_000,
          caller: undefined,
          actor: undefined,
          via: "gateway",
          traceparent: `00-${(n++).toString(16).padStart(32, "0")}-0000000000000001-01`,
          retry: false,
          ...header,
        },
      },
      undefined,
    );
  const change = (to: Partial<ReleaseEntry> | undefined): void => {
    text = to ? { catalog: { to: "next", ...to } } : {};
    releases = readReleases(JSON.stringify(text), ["catalog", "other"], "file");
  };
  return { call, sent, clock, change, status: () => router.releases()[0]! };
}

const fails = (code: ConstructorParameters<typeof StatusError>[0]) => () =>
  Promise.reject(new StatusError(code, "no"));

describe("calls while a service is released", () => {
  test("go to the new version by its weight; what was chosen travels, and is obeyed further in", async () => {
    const { call, sent } = made({ weight: 30 });
    for (let n = 0; n < 1_000; n++) await call(catalog.item);
    expect(sent.filter(({ to }) => to === "next").length / 1_000).toBeCloseTo(0.3, 1);
    for (const { to, request } of sent)
      expect(request.header.release).toBe(to === "next" ? "catalog=next" : "catalog=current");
    sent.length = 0;
    for (let n = 0; n < 20; n++) await call(catalog.item, { release: "catalog=next" });
    for (let n = 0; n < 20; n++) await call(catalog.item, { release: "catalog=current" });
    expect(sent.map(({ to }) => to)).toEqual([...Array(20).fill("next"), ...Array(20).fill("current")]);
  });

  test("to another service carry the choice along", async () => {
    const { call, sent } = made({ weight: 100 });
    await call(other.ask);
    expect([sent[0]!.to, sent[0]!.request.header.release]).toEqual(["current", "catalog=next"]);
  });

  test("are left alone where nothing is released", async () => {
    const { call, sent, change } = made({ weight: 100 });
    change(undefined);
    await call(catalog.item);
    expect([sent[0]!.to, sent[0]!.request.header.release]).toEqual(["current", undefined]);
  });

  test("that the new version fails are answered by the other, as a repetition", async () => {
    const { call, sent, status } = made({ weight: 100 }, { next: fails("INTERNAL") });
    expect(await call(catalog.item)).toEqual(reply);
    await call(catalog.add);
    expect(sent.map(({ to, request }) => [to, request.header.retry, request.header.id])).toEqual([
      ["next", false, undefined],
      ["current", true, undefined],
      ["next", false, "c1"],
      ["current", true, "c1"],
    ]);
    expect(status().next).toMatchObject({ calls: 2, failed: 2 });
  });

  test("are answered by the new version alone where it refuses with reason", async () => {
    const refused = new DeclaredError(catalog.item.id, "No", {});
    const { call, sent, status } = made({ weight: 100 }, { next: () => Promise.reject(refused) });
    await expect(call(catalog.item)).rejects.toBe(refused);
    expect(sent).toHaveLength(1);
    expect(status().next.failed).toBe(0);
  });

  test("that are repetitions go to the version that runs, or are not repeated", async () => {
    const { call, sent } = made({ weight: 100 }, { next: fails("UNAVAILABLE") });
    await call(catalog.item, { retry: true });
    const inner = call(catalog.item, { retry: true, release: "catalog=next" });
    await expect(inner).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(sent.map(({ to }) => to)).toEqual(["current", "next"]);
  });

  test("that settle what became of a command are settled by the other version", async () => {
    const { call, sent } = made({ weight: 100 }, { next: fails("UNAVAILABLE") });
    await call(catalog.add, { settle: true });
    expect(sent.map(({ to }) => to)).toEqual(["next", "current"]);
  });

  test("leave a query half of its time for the other version", async () => {
    const { call, sent, clock } = made({ weight: 100 });
    await call(catalog.item);
    await call(catalog.add);
    expect(sent.map(({ request }) => request.header.deadlineAt - clock.now())).toEqual([1_000, 2_000]);
  });

  test("all go back once it fails too often, and come again when the release is changed", async () => {
    const { call, sent, change, status } = made({ weight: 50 }, { next: fails("INTERNAL") });
    for (let n = 0; n < 400; n++) await call(catalog.item);
    const toNext = sent.filter(({ to }) => to === "next").length;
    expect([toNext, status().state]).toEqual([50, "returned"]);
    change({ weight: 51 });
    for (let n = 0; n < 20; n++) await call(catalog.item);
    expect(sent.filter(({ to }) => to === "next").length).toBeGreaterThan(toNext);
    expect(status().state).toBe("running");
  });
});

describe("copies of queries", () => {
  test("are sent after the answer, and compared: equal, different, failed", async () => {
    let next: () => Promise<unknown> = async () => structuredClone(reply);
    const { call, sent, clock, status } = made({ mirror: 100 }, { next: () => next() });
    expect(await call(catalog.item)).toEqual(reply);
    expect(sent.map(({ to }) => to)).toEqual(["current"]);
    await clock.pass(1);
    expect(sent.map(({ to }) => to)).toEqual(["current", "next"]);
    expect(sent[1]!.request.header).toMatchObject({ retry: true, release: "catalog=next" });
    next = async () => ({ sku: "a", lines: [{ pence: 6 }, { pence: 7 }], names: { ann: "Anne" } });
    await call(catalog.item);
    await clock.pass(1);
    next = fails("INTERNAL");
    await call(catalog.item);
    await clock.pass(1);
    expect(status().mirror).toEqual({
      sent: 3,
      equal: 1,
      different: 1,
      failed: 1,
      slower: 0,
      skipped: 0,
      differences: {
        "catalog@1.item lines.length": 1,
        "catalog@1.item lines[].pence": 1,
        "catalog@1.item names.*": 1,
        "catalog@1.item (ok → INTERNAL)": 1,
      },
    });
    expect(JSON.stringify(status())).not.toMatch(/ann/i);
  });

  test("are of queries only, and of a share of them", async () => {
    const { call, sent, clock } = made({ mirror: 20 });
    for (let n = 0; n < 50; n++) await call(catalog.add);
    await clock.pass(1);
    expect(sent.every(({ to }) => to === "current")).toBe(true);
    for (let n = 0; n < 500; n++) {
      await call(catalog.item);
      await clock.pass(1);
    }
    expect(sent.filter(({ to }) => to === "next").length / 500).toBeCloseTo(0.2, 1);
  });

  test("never hold up or fail a caller, and at most 16 are under way", async () => {
    const { call, sent, clock, status } = made({ mirror: 100 }, { next: () => new Promise(() => {}) });
    for (let n = 0; n < 100; n++) {
      expect(await call(catalog.item)).toEqual(reply);
      await clock.pass(1);
    }
    expect(sent.filter(({ to }) => to === "next")).toHaveLength(16);
    expect(status().mirror).toMatchObject({ sent: 0, skipped: 84 });
  });

  test("tell how many took much longer", async () => {
    const slow = made({ mirror: 100 }, { next: () => slow.clock.sleep(50).then(() => reply) });
    await slow.call(catalog.item);
    await slow.clock.pass(1);
    await slow.clock.pass(50);
    expect(slow.status().mirror).toMatchObject({ sent: 1, equal: 1, slower: 1 });
  });
});

describe("the file of releases", () => {
  const folder = mkdtempSync(join(tmpdir(), "kerf-releases-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string): void => writeFileSync(path, text);

  test("is read again while the process runs; what cannot be read changes nothing", async () => {
    const path = join(folder, "a.json");
    const clock = manualClock();
    const releases = releasesFile(path, ["catalog"], clock, log);
    expect(releases().size).toBe(0);
    write(path, '{"catalog":{"to":"next","weight":5}}');
    expect(releases().size).toBe(0);
    await clock.pass(2_000);
    expect(releases().get("catalog")?.weight).toBe(5);
    write(path, '{"catalog":{"to":"next","weight":500}}');
    await clock.pass(2_000);
    expect(releases().get("catalog")?.weight).toBe(5);
    rmSync(path);
    await clock.pass(2_000);
    expect(releases().size).toBe(0);
  });

  test("that is wrong at first is refused", () => {
    const path = join(folder, "b.json");
    write(path, "[]");
    expect(() => releasesFile(path, ["catalog"], manualClock(), log)).toThrow("KERF_RELEASES_FILE");
  });
});
