import { app, contract, event, query, service } from "kerf";
import { expect, test } from "vitest";
import { z } from "zod";
import { loadGraph } from "../graph/index.ts";
import { deprecatedUses } from "./index.ts";

test("who may call what is to go, and until when, is said", async () => {
  const answer = async () => ({});
  const old = contract("old", {
    version: 1,
    deprecated: { since: "2026-09-01", sunset: "2027-03-01" },
    ask: query({}),
  });
  const half = contract("half", {
    version: 1,
    ask: query({ deprecated: { since: "2026-09-01" } }),
    look: query({}),
    told: event({ data: z.object({ id: z.string() }), key: "id" }),
  });
  const user = contract("user", { version: 1, ask: query({}) });
  const services = {
    old: service(old, {}, { handle: { ask: answer } }),
    half: service(half, {}, { handle: { ask: answer, look: answer } }),
    user: service(user, { uses: [old, half] }, { handle: { ask: answer } }),
  };
  const graph = await loadGraph(
    app("test", {
      services: Object.fromEntries(
        Object.entries(services).map(([name, definition]) => [name, async () => ({ default: definition })]),
      ),
      topologies: { one: { all: "*" } },
    }),
  );
  expect(deprecatedUses(graph)).toEqual([
    "user uses old@1, which is to go until 2027-03-01.",
    "user uses half@1 (ask), which is to go.",
  ]);
});
