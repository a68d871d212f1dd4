import { attributesOf, hex, nanos, type Values } from "./otlp-json.ts";

/** OTLP/JSON bodies by their signal. */
export interface Story {
  readonly traces: object;
  readonly logs: object;
  readonly metrics: object;
  /** Trace of an order that was paid, of one that was declined, and of what the first one's event caused. */
  readonly paid: string;
  readonly declined: string;
  readonly mailed: string;
}

/** A span as it is told here: times are ms since its trace began. */
interface Told {
  readonly service: string;
  readonly name: string;
  readonly kind: 1 | 2 | 3 | 4 | 5;
  readonly at: number;
  readonly ms: number;
  readonly attributes?: Values;
  readonly error?: string;
  readonly log?: readonly [level: "INFO" | "WARN" | "ERROR", at: number, message: string];
  readonly link?: string;
  readonly below?: readonly Told[];
}

const UNITS: Readonly<Record<string, string>> = {
  gateway: "browse",
  catalog: "browse",
  storefront: "browse",
  recommendations: "browse",
  orders: "checkout",
  payments: "checkout",
};
const unitOf = (service: string): string => UNITS[service] ?? "back";
const resourceOf = (service: string): object => ({
  attributes: attributesOf({
    "service.name": service,
    "service.namespace": "shop",
    "service.instance.id": `${unitOf(service)}/1`,
    "kerf.app": "shop",
    "kerf.unit": unitOf(service),
    "kerf.topology": "split",
  }),
});

/** Both sides of a call; `way` is what the network takes. */
function call(
  caller: string,
  member: string,
  at: number,
  ms: number,
  below: readonly Told[],
  error?: string,
): Told {
  const service = member.split("@")[0]!;
  const local = unitOf(caller) === unitOf(service);
  const way = local ? 0.02 : 0.4;
  const attributes = {
    "rpc.system": "kerf",
    "rpc.service": member.split(".")[0]!,
    "rpc.method": member.split(".")[1]!,
    "kerf.member": member,
    "kerf.local": local,
    "kerf.caller": caller,
    "kerf.request.bytes": 180,
    "kerf.reply.bytes": 420,
    ...(error !== undefined && { "kerf.error.code": error, "error.type": error }),
  };
  const failed = error === undefined ? {} : { error };
  const server: Told = {
    service,
    name: member,
    kind: 2,
    at: at + way,
    ms: ms - 2 * way,
    attributes,
    below,
    ...failed,
  };
  return { service: caller, name: member, kind: 3, at, ms, attributes, below: [server], ...failed };
}

function query(service: string, text: string, at: number, ms: number, rows: number): Told {
  const name = `${text.split(" ")[0]} ${service}`;
  const attributes = {
    "db.system.name": "postgresql",
    "db.namespace": service,
    "db.query.text": text,
    "db.response.returned_rows": rows,
  };
  return { service, name, kind: 3, at, ms, attributes };
}

function checkOut(seed: number, declined: boolean): Told {
  const slow = 1 + (seed % 7) / 5;
  const saga = { "kerf.saga": "checkout", "kerf.saga.id": hex(`order ${seed}`, 32) };
  const step = (
    name: string,
    kind: "do" | "undo",
    at: number,
    ms: number,
    below: readonly Told[],
    error?: string,
  ): Told => ({
    service: "orders",
    name: `${kind} ${name}`,
    kind: 1,
    at,
    ms,
    attributes: { ...saga, "kerf.saga.step": name, "kerf.saga.step.kind": kind },
    below,
    ...(error !== undefined && { error }),
  });
  const pay = 21 * slow;
  const after = 19 + pay;
  const reserve = call("orders", "inventory@1.reserve", 11, 7, [
    query("inventory", "SELECT offer, quantity FROM stock WHERE offer = ANY($1) FOR UPDATE", 12, 1.8, 2),
    query("inventory", "UPDATE stock SET reserved = reserved + $2 WHERE offer = $1", 14.2, 2.1, 0),
  ]);
  const error = declined ? "declined" : undefined;
  const bank: Told = {
    service: "payments",
    name: "POST",
    kind: 3,
    at: 20.5,
    ms: pay - 4,
    attributes: {
      "http.request.method": "POST",
      "server.address": "bank.example",
      "url.path": "/charges",
      "http.response.status_code": declined ? 402 : 201,
    },
  };
  const charged = call(
    "orders",
    "payments@1.charge",
    19,
    pay,
    [bank, query("payments", "INSERT INTO charges (id, amount) VALUES ($1, $2)", 17 + pay, 1.2, 0)],
    error,
  );
  const log: Told["log"] = declined
    ? ["WARN", 17 + pay, "the card was declined: insufficient funds"]
    : ["INFO", 17 + pay, "charged 42.00 EUR"];
  const charge = { ...charged, below: charged.below!.map((server) => ({ ...server, log })) };
  const last = declined
    ? step("reserve", "undo", after, 5, [
        call("orders", "inventory@1.release", after + 0.4, 4, [
          query("inventory", "UPDATE stock SET reserved = reserved - $2 WHERE offer = $1", after + 1, 2, 0),
        ]),
      ])
    : step("ship", "do", after, 6, [
        call("orders", "shipping@1.book", after + 0.4, 5, [
          query("shipping", "INSERT INTO parcels (id, address) VALUES ($1, $2)", after + 1.2, 2, 0),
        ]),
      ]);
  const publish: Told = {
    service: "orders",
    name: "publish orders@1.placed",
    kind: 4,
    at: 8.6,
    ms: 0.4,
    attributes: {
      "messaging.system": "kerf",
      "messaging.destination.name": "orders@1.placed",
      "messaging.message.id": hex(`message ${seed}`, 32),
      "messaging.message.body.size": 310,
      "kerf.key": hex(`order ${seed}`, 12),
    },
  };
  const workflow: Told = {
    service: "orders",
    name: "saga checkout",
    kind: 1,
    at: 9.6,
    ms: after - 3,
    attributes: { ...saga, "kerf.saga.outcome": declined ? "refused" : "done" },
    below: [
      step("reserve", "do", 10.4, 8, [reserve]),
      step("charge", "do", 18.6, pay + 0.4, [charge], error),
      last,
    ],
    ...(declined && { error: "declined" }),
  };
  const place = call("gateway", "orders@1.place", 1.6, after + 7, [
    query("orders", "INSERT INTO orders (id, customer, state) VALUES ($1, $2, $3)", 4.4, 2.6, 0),
    publish,
    { ...workflow, log: ["INFO", 9.8, `checkout of order ${hex(`order ${seed}`, 8)} begins`] },
  ]);
  return {
    service: "gateway",
    name: "POST /orders",
    kind: 2,
    at: 0,
    ms: after + 10,
    attributes: {
      "http.request.method": "POST",
      "http.route": "/orders",
      "url.path": "/v1/orders",
      "http.response.status_code": declined ? 402 : 201,
    },
    below: [place],
    ...(declined && { error: "402" }),
  };
}

function browse(seed: number): Told {
  const ms = 5 + (seed % 11);
  return {
    service: "gateway",
    name: "GET /products",
    kind: 2,
    at: 0,
    ms: ms + 3,
    attributes: {
      "http.request.method": "GET",
      "http.route": "/products",
      "url.path": "/v1/products",
      "http.response.status_code": 200,
    },
    below: [
      call("gateway", "storefront@1.search", 0.5, ms + 2, [
        call("storefront", "catalog@1.search", 0.8, ms - 2, [
          query("catalog", "SELECT * FROM products WHERE words @@ $1 LIMIT $2", 1.2, ms - 3, 20),
        ]),
        call("storefront", "recommendations@1.beside", 1, 2.2, [
          query("recommendations", "SELECT offer FROM pairs WHERE beside = $1", 1.3, 1.1, 5),
        ]),
      ]),
    ],
  };
}

function deliver(seed: number, cause: string, service: string): Told {
  const slow = service === "notifications" ? 34 : 6;
  return {
    service,
    name: "process orders@1.placed",
    kind: 5,
    at: 0,
    ms: slow,
    attributes: {
      "messaging.system": "kerf",
      "messaging.destination.name": "orders@1.placed",
      "messaging.message.id": hex(`message ${seed}`, 32),
      "kerf.attempt": 1,
    },
    link: cause,
    below: [query(service, "INSERT INTO handled (message) VALUES ($1) ON CONFLICT DO NOTHING", 1, 1.4, 1)],
  };
}

/** Some minutes of a shop: people look around and check out, some are declined, mails are sent. `untilAt` in Unix ms. */
export function shopStory(untilAt: number, orders = 40): Story {
  const spans = new Map<string, object[]>();
  const logs = new Map<string, object[]>();
  const add = (all: Map<string, object[]>, service: string, one: object): void => {
    all.set(service, [...(all.get(service) ?? []), one]);
  };
  const tell = (traceId: string, startAt: number, told: Told, path: string, parent?: string): void => {
    const spanId = hex(`${traceId} ${path}`, 16);
    add(spans, told.service, {
      traceId,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent }),
      name: told.name,
      kind: told.kind,
      startTimeUnixNano: nanos(startAt + told.at),
      endTimeUnixNano: nanos(startAt + told.at + told.ms),
      attributes: attributesOf(told.attributes ?? {}),
      status: told.error === undefined ? {} : { code: 2, message: told.error },
      links: told.link === undefined ? [] : [{ traceId: told.link, spanId: hex(`${told.link} root`, 16) }],
    });
    if (told.log) {
      const [severityText, at, text] = told.log;
      add(logs, told.service, {
        timeUnixNano: nanos(startAt + at),
        severityText,
        severityNumber: { INFO: 9, WARN: 13, ERROR: 17 }[severityText],
        body: { stringValue: text },
        traceId,
        spanId,
        attributes: attributesOf({ member: told.attributes?.["kerf.member"] ?? told.name }),
      });
    }
    for (const [index, one] of (told.below ?? []).entries())
      tell(traceId, startAt, one, `${path} ${index}`, spanId);
  };

  const ids = { paid: "", declined: "", mailed: "" };
  for (let seed = 0; seed < orders; seed++) {
    const startAt = untilAt - 2_000 - (orders - seed) * 5_500;
    const declined = seed % 9 === 4;
    const order = hex(`trace ${seed}`, 32);
    tell(order, startAt, checkOut(seed, declined), "root");
    for (const service of ["notifications", "recommendations", "shipping"]) {
      const id = hex(`${service} ${seed}`, 32);
      tell(id, startAt + 70 + (seed % 5) * 20, deliver(seed, order, service), "root");
      if (service === "notifications" && seed === orders - 1) ids.mailed = id;
    }
    for (let more = 0; more < 3; more++)
      tell(hex(`browse ${seed} ${more}`, 32), startAt + 900 + more * 1_300, browse(seed * 3 + more), "root");
    if (declined) ids.declined = order;
    if (seed === orders - 1) ids.paid = order;
  }
  return { ...ids, traces: tracesOf(spans), logs: logsOf(logs), metrics: metricsOf(untilAt) };
}

const tracesOf = (spans: ReadonlyMap<string, readonly object[]>): object => ({
  resourceSpans: [...spans].map(([service, some]) => ({
    resource: resourceOf(service),
    scopeSpans: [{ scope: { name: "kerf" }, spans: some }],
  })),
});

const logsOf = (logs: ReadonlyMap<string, readonly object[]>): object => ({
  resourceLogs: [...logs].map(([service, some]) => ({
    resource: resourceOf(service),
    scopeLogs: [{ scope: { name: "kerf" }, logRecords: some }],
  })),
});

const EDGES = [
  ["gateway", "orders", "orders@1.place"],
  ["orders", "payments", "payments@1.charge"],
  ["orders", "inventory", "inventory@1.reserve"],
] as const;
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

/** A point each ten seconds for five minutes, as deltas. */
function metricsOf(untilAt: number): object {
  const steps = Array.from({ length: 30 }, (_, index) => untilAt - (30 - index) * 10_000);
  return {
    resourceMetrics: EDGES.map(([caller, callee, member], row) => ({
      resource: resourceOf(caller),
      scopeMetrics: [
        {
          scope: { name: "kerf" },
          metrics: [
            {
              name: "kerf.edge.duration",
              unit: "s",
              description: "How long calls took, by caller, callee and member",
              histogram: {
                aggregationTemporality: 1,
                dataPoints: steps.map((at, index) => {
                  const most = 3 + ((index + row) % 4);
                  const counts = BOUNDS.map((_, bin) => (bin > most ? 0 : 12 - Math.abs(bin - most + 2) * 2));
                  const count = counts.reduce((sum, one) => sum + one, 0);
                  return {
                    startTimeUnixNano: nanos(at - 10_000),
                    timeUnixNano: nanos(at),
                    count: String(count),
                    sum: count * BOUNDS[most - 1]!,
                    explicitBounds: BOUNDS,
                    bucketCounts: [...counts, 0].map(String),
                    attributes: attributesOf({
                      "kerf.caller": caller,
                      "kerf.callee": callee,
                      "kerf.member": member,
                    }),
                  };
                }),
              },
            },
          ],
        },
      ],
    })),
  };
}
