import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation } from "@opentelemetry/api";
import { app, contract, http, query, service } from "kerf";
import { createLog, loadGraph, startUnit } from "@kerf/runtime";
import { openTelemetry } from "@kerf/telemetry";
import { expect, test } from "vitest";
import { z } from "zod";
import { otlpReceiver } from "../packages/telemetry/src/testing/index.ts";

const books = contract("books", {
  version: 1,
  list: query({ output: z.object({ items: z.array(z.string()) }) }),
});
const shelf = contract("shelf", {
  version: 1,
  all: query({ output: z.object({ items: z.array(z.string()) }) }),
});

test.each([
  ["the context", {}, undefined],
  ["baggage too where that is asked for", { OTEL_PROPAGATORS: "tracecontext,baggage" }, "tenant=blue"],
])("a call of a foreign service is told as an edge, and its request carries %s", async (_, more, carried) => {
  let traceparent: string | undefined;
  let baggage: unknown = "none came";
  const foreign = createServer((request, response) => {
    traceparent = request.headers["traceparent"] as string;
    baggage = request.headers["baggage"];
    response.writeHead(200, { "content-type": "application/json" }).end('["Emma"]');
  });
  await once(foreign.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;
  const log = createLog({ unit: "all", level: "silent" });
  await using receiver = await otlpReceiver();
  const opened = await openTelemetry({
    app: "reading",
    unit: "all",
    topology: "monolith",
    replica: "1",
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      ...more,
    },
    log,
  });
  const reading = app("reading", {
    services: {
      shelf: async () => ({
        default: service(
          shelf,
          { uses: [books] },
          {
            handle: {
              all(_input, { call }) {
                const mine = propagation.createBaggage({ tenant: { value: "blue" } });
                return context.with(propagation.setBaggage(context.active(), mine), () =>
                  call(books.list, {}),
                );
              },
            },
          },
        ),
      }),
    },
    foreign: { books: http(books, { url, operations: { list: { route: "GET /list", answer: "items" } } }) },
    topologies: { monolith: { all: "*" } },
  });
  const topology = reading.topologies.get("monolith")!;
  const unit = await startUnit({
    graph: await loadGraph(reading),
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen: undefined,
    log,
    settings: {},
    telemetry: opened!.telemetry,
  });
  try {
    const call = {
      member: shelf.all,
      input: {},
      id: undefined,
      deadlineAt: Date.now() + 10_000,
      actor: undefined,
      traceparent: opened!.telemetry.root(),
      signal: new AbortController().signal,
    };
    expect(await unit.callAs("shelf", call)).toEqual({ items: ["Emma"] });
  } finally {
    await unit.drain();
    await opened!.close();
    foreign.close();
  }
  const call = receiver.spans.find(({ name }) => name === books.list.id)!;
  expect(baggage).toBe(carried);
  expect(traceparent).toBe(`00-${call.traceId}-${call.spanId}-01`);
  expect([call.kind, call.resource["service.name"], call.attributes["kerf.local"]]).toEqual([
    3,
    "shelf",
    false,
  ]);
  const calls = receiver.metrics.find(({ name }) => name === "kerf.edge.calls")!;
  expect(calls.points.map(({ attributes }) => attributes["kerf.callee"])).toContain("books");
});
