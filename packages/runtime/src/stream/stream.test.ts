import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, type ClientReadableStream, type ServiceError } from "@grpc/grpc-js";
import { app, command, contract, event, service, stream, type AnyContract } from "kerf";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { processClock } from "../clock/process-clock.ts";
import { memoryBroker } from "../broker/index.ts";
import { newTrace } from "../call/trace.ts";
import { protoOf, protoText } from "../proto/index.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";
import { Changes } from "./changes.ts";

const Tide = z.object({ level: z.int() });
const harbour = contract("harbour", {
  version: 1,
  measure: command({ input: z.object({ place: z.string(), level: z.int() }) }),
  /** Changes what is watched without a fact: nobody is told. */
  silently: command({ input: z.object({ place: z.string(), level: z.int() }) }),
  tide: stream({
    http: "GET /tides/:place",
    access: "public",
    input: z.object({ place: z.string() }),
    output: Tide,
    errors: { Unknown: z.object({ place: z.string() }) },
  }),
  wrong: stream({ output: Tide }),
  forgets: stream({ errors: { Closed: z.object({}) } }),
  measured: event({ data: z.object({ place: z.string() }), key: "place" }),
});
let connections = 0;

const harbourService = service(
  harbour,
  { database: { migrations: tables("create table tide (place text primary key, level int not null)") } },
  {
    handle: {
      async measure({ place, level }, { sql, emit }) {
        await sql`insert into tide values (${place}, ${level}) on conflict (place) do update set level = ${level}`;
        emit(harbour.measured, { place });
        return {};
      },
      async silently({ place, level }, { sql }) {
        await sql`insert into tide values (${place}, ${level}) on conflict (place) do update set level = ${level}`;
        return {};
      },
      async *tide({ place }, { read, changes, fail }) {
        for await (const _ of changes(place)) {
          const [row] = await read(async (sql) => {
            const found = await sql<{ level: number }>`select level from tide where place = ${place}`;
            const [count] = await sql<{ open: number }>`
              select count(*)::int as open from pg_stat_activity where datname = current_database()`;
            connections = Math.max(connections, count!.open);
            return found;
          });
          if (!row) throw fail("Unknown", { place });
          yield row;
        }
      },
      async *wrong() {
        yield { level: "high" } as never;
      },
      // oxlint-disable-next-line require-yield -- it forgets everything
      async *forgets(_input, { fail }) {
        fail("Closed", {});
      },
    },
  },
);
const coast = app("coast", {
  services: { harbour: async () => ({ default: harbourService }) },
  topologies: { all: { all: "*" } },
});

describe("streams of a service with a database", () => {
  let at: Arena;
  let one: Replica;
  let other: Replica;
  beforeAll(async () => {
    at = await arena(coast);
    // Nothing is found by looking, but in the test of that.
    const timing = { streams: { lookMs: 600_000 } };
    one = await at.start({ timing, listen: { host: "127.0.0.1", port: 0 } });
    other = await at.start({ timing });
  });
  afterAll(() => at?.[Symbol.asyncDispose]());

  function watch(
    replica: Replica,
    place: string,
    signal = new AbortController().signal,
  ): AsyncIterator<{ level: number }> {
    const asked = {
      member: harbour.tide,
      input: { place },
      actor: undefined,
      traceparent: newTrace(),
      signal,
    };
    const answers = replica.watchAs("harbour", asked) as AsyncIterable<{ level: number }>;
    return answers[Symbol.asyncIterator]();
  }

  /** The first answer that is not `before`: a fact may be told that was seen already. */
  async function next(reader: AsyncIterator<{ level: number }>, before: number): Promise<number> {
    for (;;) {
      const { value } = await reader.next();
      if (value.level !== before) return value.level;
    }
  }

  test("are told of what any replica states", async () => {
    await one.call(harbour.measure, { place: "quay", level: 1 });
    const readers = [watch(one, "quay"), watch(other, "quay")];
    for (const reader of readers) expect((await reader.next()).value).toEqual({ level: 1 });
    await one.call(harbour.measure, { place: "quay", level: 2 });
    for (const reader of readers) expect(await next(reader, 1)).toBe(2);
    await other.call(harbour.measure, { place: "quay", level: 3 });
    for (const reader of readers) expect(await next(reader, 2)).toBe(3);
    for (const reader of readers) await reader.return!();
  });

  test("share few connections, however many there are", async () => {
    await one.call(harbour.measure, { place: "pier", level: 1 });
    connections = 0;
    const leaving = new AbortController();
    const readers = Array.from({ length: 200 }, () => watch(one, "pier", leaving.signal));
    await Promise.all(readers.map((reader) => reader.next()));
    await one.call(harbour.measure, { place: "pier", level: 2 });
    expect(new Set(await Promise.all(readers.map((reader) => next(reader, 1))))).toEqual(new Set([2]));
    // Four for streams; the rest is for what both replicas do by themselves.
    expect(connections).toBeLessThan(14);
    leaving.abort();
  });

  test("find by looking what nobody was told of", async () => {
    const looking = await at.start({ timing: { streams: { lookMs: 200 } } });
    await one.call(harbour.silently, { place: "mole", level: 1 });
    const reader = watch(looking, "mole");
    expect((await reader.next()).value).toEqual({ level: 1 });
    await one.call(harbour.silently, { place: "mole", level: 2 });
    expect(await next(reader, 1)).toBe(2);
    await looking.drain();
    await expect(reader.next()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("end with INTERNAL where an answer does not fit, and with an error that was made and not thrown", async () => {
    const asked = {
      input: {},
      actor: undefined,
      traceparent: newTrace(),
      signal: new AbortController().signal,
    };
    const wrong = one.watchAs("harbour", { member: harbour.wrong, ...asked });
    await expect(Array.fromAsync(wrong)).rejects.toMatchObject({ code: "INTERNAL" });
    const forgets = one.watchAs("harbour", { member: harbour.forgets, ...asked });
    await expect(Array.fromAsync(forgets)).rejects.toMatchObject({ code: "Closed" });
    await expect.poll(() => at.lines.join("")).toContain("does not fit its contract");
  });

  describe("asked by the stock gRPC of Node", () => {
    const text = protoText(protoOf(harbour as unknown as AnyContract));
    const { root } = protobuf.parse(text);
    const Request = root.lookupType("kerf.harbour.v1.TideRequest");
    const Response = root.lookupType("kerf.harbour.v1.TideResponse");
    let client: Client;
    beforeAll(() => {
      client = new Client(one.address!, credentials.createInsecure());
    });
    afterAll(() => client?.close());
    const ask = (place: string): ClientReadableStream<protobuf.Message> =>
      client.makeServerStreamRequest(
        "/kerf.harbour.v1.Harbour/Tide",
        (value: object) => Buffer.from(Request.encode(value).finish()),
        (bytes: Buffer) => Response.decode(bytes),
        { place },
      );

    test("stream, as the .proto file says", async () => {
      expect(text).toContain("rpc Tide(TideRequest) returns (stream TideResponse)");
      await one.call(harbour.measure, { place: "jetty", level: 7 });
      const call = ask("jetty");
      const levels: number[] = [];
      for await (const answer of call) {
        const level = Number((answer as unknown as { level: unknown }).level);
        if (levels.at(-1) === level) continue;
        levels.push(level);
        if (levels.length === 2) break;
        await other.call(harbour.measure, { place: "jetty", level: 8 });
      }
      expect(levels).toEqual([7, 8]);
    });

    test("end with the status and its details", async () => {
      const call = ask("nowhere");
      const error = await new Promise<ServiceError>((resolve) => call.on("error", resolve as never).resume());
      expect(error.details).toContain("Unknown");
    });
  });
});

describe("changes", () => {
  const sent = (key: string) => ({ channel: "harbour@1", key });

  test("that come while nobody asks are one, and none of them is lost", async () => {
    const changes = new Changes("harbour", memoryBroker(), processClock, 600_000);
    const told = changes.watch(["a"], new AbortController().signal)[Symbol.asyncIterator]();
    await told.next();
    changes.sent([sent("a")]);
    changes.sent([sent("a"), sent("b")]);
    await sleep(5);
    await told.next();
    const third = told.next();
    expect(await Promise.race([third, sleep(30, "nothing")])).toBe("nothing");
    changes.sent([sent("b"), { channel: "harbour@1!commands", key: "a" }]);
    expect(await Promise.race([third, sleep(30, "nothing")])).toBe("nothing");
    changes.sent([sent("a")]);
    expect(await third).toEqual({ done: false, value: undefined });
    await told.return!();
    expect(await told.next()).toEqual({ done: true, value: undefined });
  });

  test("of any key", async () => {
    const changes = new Changes("harbour", memoryBroker(), processClock, 600_000);
    const told = changes.watch([], new AbortController().signal)[Symbol.asyncIterator]();
    await told.next();
    const next = told.next();
    changes.sent([sent("b")]);
    expect((await next).done).toBe(false);
  });

  test("are told in this process, and looked for soon, where the broker has no nudges", async () => {
    const { wake: _wake, onWake: _onWake, ...plain } = memoryBroker();
    const changes = new Changes("harbour", plain, processClock, 50);
    const told = changes.watch(["a"], new AbortController().signal)[Symbol.asyncIterator]();
    await told.next();
    await told.next();
    const next = told.next();
    changes.sent([sent("a")]);
    expect((await next).done).toBe(false);
  });

  test("end with their signal", async () => {
    const over = new AbortController();
    const changes = new Changes("harbour", memoryBroker(), processClock, 600_000);
    const told = changes.watch(["a"], over.signal)[Symbol.asyncIterator]();
    await told.next();
    const next = told.next();
    over.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
