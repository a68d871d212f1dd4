/** Runs the examples of `docs/` as one application. */
import { checkContract, loadGraph, startUnit, createLog } from "@kerf/runtime";
import { protoOf, protoText } from "@kerf/runtime/proto";
import { testServer } from "@kerf/runtime/testing";
import { rig, type Rig } from "@kerf/testing";
import { failed, type AnyContract } from "kerf";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seasonCards } from "../../docs/examples/contracts/access.ts";
import { shows } from "../../docs/examples/contracts/contract.ts";
import { rooms } from "../../docs/examples/contracts/earlier.ts";
import { programme } from "../../docs/examples/calls/contract.ts";
import { reviews } from "../../docs/examples/data/contract.ts";
import { attendance } from "../../docs/examples/events/contract.ts";
import { popularity } from "../../docs/examples/events/popularity/contract.ts";
import app from "../../docs/examples/kerf.config.ts";
import { bookings } from "../../docs/examples/sagas/contract.ts";
import { waiting } from "../../docs/examples/schedules/contract.ts";
import { till } from "../../docs/examples/services/till/contract.ts";
import { pythonWithGrpc } from "../../packages/runtime/test/python.ts";

/** The error that a promise rejects with; its text where it does not. */
const problem = (promise: Promise<unknown>) => promise.then(String, (error: unknown) => error);

describe("the examples of the pages", () => {
  let box: Rig;
  beforeAll(async () => {
    box = await rig(app, { settings: { KERF_TILL_LIMIT_PENCE: "10000" } });
  });
  afterAll(() => box?.stop());
  const charge = (pence: number, id: string) =>
    box.call(till.charge, { booking: "b", pence }, { id: `charge ${id}` });
  const announce = (show: string, seats: number) =>
    box.call(shows.announce, { show, title: show.toUpperCase(), seats });

  test("contracts, services: a reservation, once for its id, and its declared errors", async () => {
    await announce("hamlet", 3);
    const reserve = () =>
      box.call(shows.reserve, { show: "hamlet", booking: "s1", seats: 2 }, { id: "reserve s1" });
    expect(await reserve()).toEqual({ left: 1 });
    expect(await reserve()).toEqual({ left: 1 });
    expect(await box.call(shows.seats, { show: "hamlet" })).toEqual({
      title: "HAMLET",
      left: 1,
      sale: "open",
    });
    const error = await problem(box.call(shows.reserve, { show: "hamlet", booking: "s2", seats: 2 }));
    expect(failed(error, shows.reserve, "SoldOut") && error.data.left).toBe(1);
    const wrong = await problem(box.call(shows.reserve, { show: "hamlet", booking: "s3", seats: 11 }));
    expect(wrong).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ path: "seats" }] });
  });

  test("contracts: an earlier version of an event becomes that of today", () => {
    checkContract(rooms as unknown as AnyContract);
    expect(rooms.moved.version).toBe(2);
    expect(rooms.moved.earlier[0]!.to({ title: "hamlet", to: "hall" })).toEqual({
      show: "hamlet",
      to: "hall",
    });
  });

  test("events: a replayable reaction fills its table like any other", async () => {
    await announce("cymbeline", 9);
    for (const [booking, seats] of [
      ["l1", 2],
      ["l2", 3],
    ] as const)
      await box.call(shows.reserve, { show: "cymbeline", booking, seats }, { id: booking });
    await box.settled();
    expect(await box.call(popularity.seatsSold, { show: "cymbeline" })).toEqual({ seats: 5 });
  });

  test("contracts: an access function admits the holder only", () => {
    checkContract(seasonCards as unknown as AnyContract);
    const admits = seasonCards.card.access as (input: unknown, claims: unknown) => boolean;
    expect(admits({ holder: "ann" }, { actor: { id: "ann", roles: [] } })).toBe(true);
    expect(admits({ holder: "ann" }, { actor: { id: "ben", roles: [] } })).toBe(false);
    expect(admits({ holder: "ann" }, { actor: undefined })).toBe(false);
  });

  test("services: the two phases ask the outside world once for an id; a setting comes from the environment", async () => {
    const first = await charge(500, "1");
    expect(await charge(500, "1")).toEqual(first);
    expect(failed(await problem(charge(10_001, "2")), till.charge, "Declined")).toBe(true);
  });

  test("calls: an outcome as a value, and commands of a service without a database", async () => {
    expect(await box.call(programme.poster, { show: "nothing" })).toEqual({ text: "There is no nothing" });
    await box.call(programme.openSeason, { year: 2027 });
    expect(await box.call(programme.poster, { show: "Gala 2027" })).toEqual({ text: "Gala: 100 seats left" });
  });

  test("events: each is counted once, and an order is carried out", async () => {
    await announce("lear", 4);
    for (const booking of ["e1", "e2"]) await box.call(shows.reserve, { show: "lear", booking, seats: 2 });
    await box.settled();
    expect(await box.call(attendance.expected, { show: "lear" })).toEqual({ guests: 4, bookings: 2 });
    expect((await box.call(shows.seats, { show: "lear" })).sale).toBe("closed");
  });

  test("sagas: one finishes, one waits for an approval, one is undone", async () => {
    await announce("macbeth", 20);
    const place = (id: string, seats: number, pence: number) =>
      box.call(bookings.place, { id, show: "macbeth", seats, pence });
    await Promise.all([place("small", 2, 4_000), place("large", 6, 9_000), place("dear", 3, 90_000)]);
    await box.seen(shows.reserved, { booking: "large" });
    expect(await box.call(bookings.booking, { id: "large" })).toMatchObject({ state: "pending" });
    await box.call(bookings.approve, { id: "large" });
    await box.settled();
    expect(await box.call(bookings.booking, { id: "small" })).toEqual({ state: "confirmed", reason: "" });
    expect(await box.call(bookings.booking, { id: "large" })).toEqual({ state: "confirmed", reason: "" });
    expect(await box.call(bookings.booking, { id: "dear" })).toEqual({
      state: "refused",
      reason: "Declined",
    });
    expect((await box.call(shows.seats, { show: "macbeth" })).left).toBe(12);
  });

  test("schedules: who waited long enough is let go", async () => {
    await box.call(waiting.join, { guest: "ann", forMs: 0 });
    await box.call(waiting.join, { guest: "ben", forMs: 600_000 });
    expect(await box.seen(waiting.gaveUp, { guest: "ann" })).toEqual({ guest: "ann" });
    expect(await box.call(waiting.length, {})).toEqual({ guests: 1 });
  });

  test("data: lists, json and pieces of statements", async () => {
    const review = { show: "lear", stars: 5, words: ["long", 'a "word"'], seat: { row: "A", number: 1 } };
    expect((await box.call(reviews.write, review)).at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    await box.call(reviews.write, { ...review, stars: 1 });
    expect(await box.call(reviews.read, { shows: ["lear"], stars: 5 })).toEqual({
      reviews: [review],
      total: 1,
    });
    expect((await box.call(reviews.read, { shows: ["lear", "hamlet"] })).total).toBe(2);
  });
});

test("calls: the .proto of the page is what Kerf makes, and a client of it in Python works", async () => {
  const contract = programme as unknown as AnyContract;
  const text = readFileSync(new URL("../../docs/examples/calls/programme.proto", import.meta.url), "utf8");
  expect(protoText(protoOf(contract))).toBe(text);

  const run = promisify(execFile);
  const [python, graph, server] = await Promise.all([pythonWithGrpc(), loadGraph(app), testServer()]);
  const folder = mkdtempSync(join(tmpdir(), "kerf-docs-"));
  const topology = app.topologies.get("split")!;
  const unit = await startUnit({
    graph,
    topology,
    unit: topology.units.find(({ name }) => name === "front")!,
    endpoints: new Map(),
    listen: { host: "127.0.0.1", port: 0 },
    server,
    log: createLog({ unit: "front", level: "silent" }),
    settings: { KERF_UNIT_SECRET: "only-for-tests-and-long-enough-to-be-one" },
  });
  try {
    const { file } = protoOf(contract);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    const stubs = ["-m", "grpc_tools.protoc", `-I${folder}`, `--python_out=${folder}`];
    await run(python, [...stubs, `--grpc_python_out=${folder}`, file]);
    const client = new URL("../../docs/examples/calls/client.py", import.meta.url).pathname;
    const { stdout } = await run(python, [client, unit.address!, folder]);
    expect(stdout).toBe("10:00\nFAILED_PRECONDITION Shut\nMonday, 10:00\n");
  } finally {
    await unit.drain();
    rmSync(folder, { recursive: true });
  }
}, 360_000);
