import type { Application } from "../src/application.ts";
import { attributesOf, hex, nanos, type Values } from "./otlp-json.ts";

/** Units, with their services. */
const units: Readonly<Record<string, string>> = {
  web: "storefront search content",
  catalog: "catalog media pricing promotions",
  people: "users addresses consents loyalty",
  buying: "carts checkout orders returns",
  money: "payments invoices refunds tax ledger",
  goods: "inventory warehouses suppliers purchasing",
  delivery: "shipping tracking routes",
  telling: "notifications recommendations reviews",
};

/** Whom each calls. */
const calls: Readonly<Record<string, string>> = {
  gateway: "storefront search carts checkout orders returns users tracking reviews",
  storefront: "catalog content pricing recommendations reviews",
  search: "catalog pricing",
  content: "media",
  catalog: "media pricing inventory",
  pricing: "promotions tax",
  promotions: "loyalty",
  users: "addresses consents",
  carts: "catalog pricing inventory",
  checkout: "carts users addresses orders tax pricing",
  orders: "payments inventory shipping users",
  returns: "orders refunds warehouses shipping",
  payments: "ledger psp",
  invoices: "tax ledger",
  refunds: "payments ledger",
  inventory: "warehouses",
  purchasing: "suppliers inventory",
  suppliers: "edi",
  shipping: "routes warehouses carriers",
  tracking: "carriers",
  notifications: "users consents",
  recommendations: "catalog",
  reviews: "users",
};

/** Who states events, and who is told of them. */
const stated: Readonly<Record<string, string>> = {
  orders: "invoices notifications recommendations loyalty warehouses",
  payments: "ledger invoices notifications",
  inventory: "purchasing search",
  shipping: "tracking notifications",
  catalog: "search recommendations",
  users: "consents loyalty",
  returns: "ledger notifications",
  reviews: "search",
};

const foreign = ["psp", "edi", "carriers"];
/** They ask others for all that they know. */
const withoutDatabase = new Set(["storefront", "checkout", "routes", "tax"]);
const words = (text: string): string[] => text.split(" ");
const pairs = (of: Readonly<Record<string, string>>): [from: string, to: string][] =>
  Object.entries(of).flatMap(([from, all]) => words(all).map((to): [string, string] => [from, to]));
const unitOf = (service: string): string =>
  Object.keys(units).find((unit) => words(units[unit]!).includes(service)) ?? "web";

/** As large as an application of several teams becomes. */
export const thirtyServices: Application = {
  app: "shop",
  topology: "split",
  services: Object.values(units)
    .flatMap(words)
    .map((name) => ({
      name,
      unit: unitOf(name),
      contracts: [`${name}@1`],
      database: !withoutDatabase.has(name),
      members: [],
      reactsTo: pairs(stated)
        .filter(([, to]) => to === name)
        .map(([from]) => `${from}@1.changed`),
    })),
  foreign,
  edges: [
    ...pairs(calls)
      .filter(([from]) => from !== "gateway")
      .map(([from, to]) => ({ from, to, kind: "call" as const })),
    ...pairs(stated).map(([from, to]) => ({ from, to, kind: "event" as const })),
  ],
  gatewayUnit: "web",
};

/** Spans of each call, statement and event, some of which failed, in the seconds before a time. OTLP/JSON. */
export function theirWork(untilAt: number): object {
  const spans = new Map<string, object[]>();
  let told = 0;
  function tell(service: string, name: string, kind: number, attributes: Values, failed = false): void {
    const startAt = untilAt - 1_000 - (told++ % 40) * 1_000;
    const own = spans.get(service) ?? [];
    spans.set(service, own);
    own.push({
      traceId: hex(`trace ${told}`, 32),
      spanId: hex(`span ${told}`, 16),
      name,
      kind,
      startTimeUnixNano: nanos(startAt),
      endTimeUnixNano: nanos(startAt + 3 + (told % 90)),
      attributes: attributesOf(attributes),
      status: failed ? { code: 2 } : {},
    });
  }
  for (const [at, [from, to]] of pairs(calls).entries()) {
    const member = `${to}@1.ask`;
    const local = unitOf(from) === unitOf(to) && !foreign.includes(to);
    const attributes = { "kerf.member": member, "kerf.caller": from, "kerf.local": local };
    for (let times = 0; times < 1 + (at % 12); times++)
      tell(from, member, 3, attributes, at % 17 === 5 && times === 0);
  }
  for (const { name, database } of thirtyServices.services)
    if (database) tell(name, "SELECT", 3, { "db.system.name": "postgresql", "db.query.text": "SELECT 1" });
  for (const [from, to] of pairs(stated)) {
    const event = { "messaging.system": "kerf", "messaging.destination.name": `${from}@1.changed` };
    tell(from, "publish", 4, event);
    tell(to, "process", 5, event);
  }
  return {
    resourceSpans: [...spans].map(([service, own]) => ({
      resource: { attributes: attributesOf({ "service.name": service, "kerf.unit": unitOf(service) }) },
      scopeSpans: [{ scope: { name: "kerf" }, spans: own }],
    })),
  };
}

/** How many lines of the map begin or end at a service: one to the broker for all its events, and one back. */
export function edgesOf(service: string): number {
  const called = pairs(calls).filter((pair) => pair.includes(service)).length;
  const [states, isTold] = [0, 1].map((end) => pairs(stated).some((pair) => pair[end] === service));
  return called + Number(states) + Number(isTold);
}
