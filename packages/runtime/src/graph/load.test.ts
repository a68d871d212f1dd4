import {
  app,
  command,
  contract,
  DeclarationError,
  event,
  on,
  query,
  saga,
  service,
  type App,
  type LoadService,
  type ServiceDefinition,
} from "kerf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { edges, loadGraph, mayCall } from "./index.ts";

const Id = z.object({ id: z.string() });
const database = { migrations: new URL("./migrations/", import.meta.url) };
const access = "user" as const;
const nothing = async () => {};

const catalog = contract("catalog", {
  version: 1,
  product: query({ http: "GET /products/:id", access, input: Id }),
  renamed: event({ data: Id, key: "id" }),
});
const payments = contract("payments", {
  version: 1,
  charge: command({ input: Id }),
  settled: event({ data: Id, key: "id" }),
});
const orders = contract("orders", {
  version: 3,
  find: query({ http: "GET /orders/:id", access, input: Id }),
  place: command({ http: "POST /orders", access, input: Id }),
  placed: event({ data: Id, key: "id" }),
});
const storefront = contract("storefront", { version: 1, buy: command({ input: Id }) });

const answer = async () => ({});
const checkout = saga("checkout", {
  version: 1,
  input: Id,
  uses: [payments, orders],
  waits: [{ event: payments.settled, correlate: "id" }],
  run: nothing,
});

const catalogService = service(catalog, { database, uses: [orders] }, { handle: { product: answer } });
const paymentsService = service(
  payments,
  { database },
  { handle: { charge: answer }, react: [on(orders.placed, nothing)] },
);
const ordersService = service(
  orders,
  { database, uses: [catalog] },
  { handle: { find: answer, place: answer }, react: [on(catalog.renamed, nothing)], sagas: [checkout] },
);
const storefrontService = service(storefront, { uses: [catalog, payments] }, { handle: { buy: answer } });

const all = {
  catalog: catalogService,
  payments: paymentsService,
  orders: ordersService,
  storefront: storefrontService,
};

type Services = { readonly [name: string]: ServiceDefinition | (() => Promise<never>) };

/** Payments on its own, where it is there; all else together. */
function shop(services: Services): App {
  const loads = Object.entries(services).map(([name, each]): [string, LoadService] => [
    name,
    typeof each === "function" ? each : async () => ({ default: each }),
  ]);
  const split =
    services["payments"] && loads.length > 1
      ? { back: ["payments"], front: "*" as const }
      : { all: "*" as const };
  return app("shop", { services: Object.fromEntries(loads), topologies: { split, micro: "each" } });
}

async function refusal(services: Services): Promise<DeclarationError> {
  const error: unknown = await loadGraph(shop(services)).then(
    () => new Error("was not refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof DeclarationError) return error;
  throw error;
}

function refused(found: DeclarationError, place: string, problem: RegExp, mend: RegExp): void {
  expect(found).toMatchObject({
    place,
    problem: expect.stringMatching(problem) as string,
    mend: expect.stringMatching(mend) as string,
  });
}

/** A service with a route that orders@3 has too. */
function rival(version: number): ServiceDefinition {
  const input = z.object({ key: z.string() });
  const made = contract("rival", { version, find: query({ http: "GET /orders/:key", access, input }) });
  return service(made, {}, { handle: { find: answer } });
}

/** The hash of a contract with this input, its members in either order. */
async function hashOf(input: z.ZodType, order = 0): Promise<string> {
  const members = { ask: query({ input }), tell: event({ data: Id, key: "id" }) };
  const made = contract("one", {
    version: 1,
    ...(order ? { tell: members.tell, ask: members.ask } : members),
  } as { version: number; ask: typeof members.ask });
  const { services } = await loadGraph(shop({ one: service(made, {}, { handle: { ask: answer } }) }));
  return services.get("one")!.hash;
}

describe("the graph of an app", () => {
  test("holds what each service is, calls and hears, sagas included", async () => {
    const { services } = await loadGraph(shop(all));
    expect([...services.keys()]).toEqual(["catalog", "payments", "orders", "storefront"]);
    const node = services.get("orders")!;
    expect(node.definition).toBe(ordersService);
    expect(node.facts.id).toBe("orders@3");
    expect([...node.uses].toSorted()).toEqual(["catalog@1", "orders@3", "payments@1"]);
    expect([...node.reactsTo].toSorted()).toEqual(["catalog@1", "payments@1"]);
  });

  test("says who may call whom", async () => {
    const graph = await loadGraph(shop(all));
    const may = (caller: string, id: string) => mayCall(graph, caller, id);
    expect(may("orders", "catalog@1.product")).toBe(true);
    expect(may("orders", "catalog@1")).toBe(true);
    expect(may("orders", "payments@1.charge")).toBe(true);
    expect(may("payments", "payments@1.charge")).toBe(true);
    expect(may("payments", "orders@3.place")).toBe(false);
    expect(may("orders", "catalog@2.product")).toBe(false);
    expect(may("orders", "orders@2.place")).toBe(false);
    expect(may("stranger", "catalog@1.product")).toBe(false);
    expect(may("stranger", "stranger@1.product")).toBe(false);
  });

  test("lists the ways between services, and which leave a unit", async () => {
    const graph = await loadGraph(shop(all));
    const ways = edges(graph, graph.app.topologies.get("split")!).map(
      ({ from, to, kind, crosses }) => `${from} ${kind} ${to}${crosses ? " crosses" : ""}`,
    );
    expect(ways).toEqual([
      "catalog call orders",
      "catalog send orders",
      "orders event payments crosses",
      "orders call catalog",
      "orders saga payments crosses",
      "catalog event orders",
      "payments event orders crosses",
      "storefront call catalog",
      "storefront call payments crosses",
    ]);
  });

  test("has a hash per contract that tells one promise from another", async () => {
    const first = await hashOf(z.object({ a: z.string(), b: z.int().optional() }));
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await hashOf(z.object({ b: z.int().optional(), a: z.string() }), 1)).toBe(first);
    expect(await hashOf(z.object({ a: z.string(), b: z.int() }))).not.toBe(first);
    expect(await hashOf(z.object({ a: z.string().max(3), b: z.int().optional() }))).not.toBe(first);
  });
});

describe("an app is refused", () => {
  test("where a service has another name than its contract", async () => {
    refused(
      await refusal({ shop: catalogService }),
      "services.shop",
      /contract "catalog"/,
      /call it "catalog"/,
    );
  });

  test("where what is used belongs to no service", async () => {
    refused(
      await refusal({ orders: ordersService }),
      "service(orders).uses",
      /^catalog@1 belongs to no service of the app$/,
      /add its service/,
    );
    const misnamed = contract("catalogs", { version: 1, product: query({ input: Id }) });
    const user = service(storefront, { uses: [misnamed] }, { handle: { buy: answer } });
    refused(
      await refusal({ ...all, storefront: user }),
      "service(storefront).uses",
      /did you mean "catalog"\?/,
      /stop using it/,
    );
  });

  test("where an event that is heard belongs to no service", async () => {
    refused(
      await refusal({ payments: paymentsService }),
      "service(payments).react",
      /orders@3 belongs/,
      /add its service/,
    );
  });

  test("where a saga uses or waits for what is not there", async () => {
    refused(
      await refusal({ catalog: catalogService, orders: ordersService }),
      "service(orders).sagas.checkout.uses",
      /payments@1 belongs/,
      /add its service/,
    );
    const waiting = saga("wait", {
      version: 1,
      input: Id,
      uses: [],
      waits: [{ event: payments.settled, correlate: "id" }],
      run: nothing,
    });
    const plain = contract("plain", { version: 1 });
    refused(
      await refusal({ plain: service(plain, { database }, { handle: {}, sagas: [waiting] }) }),
      "service(plain).sagas.wait.waits",
      /payments@1 belongs/,
      /add its service/,
    );
  });

  test("where another version is used than the one that runs", async () => {
    const next = contract("catalog", { version: 2, product: query({ input: Id }) });
    const user = service(storefront, { uses: [next] }, { handle: { buy: answer } });
    refused(
      await refusal({ ...all, storefront: user }),
      "service(storefront).uses",
      /catalog@2 is not a version that runs: .* serves catalog@1/,
      /use catalog@1/,
    );
  });

  test("where another contract of the same name and version is used", async () => {
    const copy = contract("catalog", {
      version: 1,
      product: query({ input: z.object({ sku: z.string() }) }),
    });
    const user = service(storefront, { uses: [copy] }, { handle: { buy: answer } });
    refused(
      await refusal({ ...all, storefront: user }),
      "service(storefront).uses",
      /another contract/,
      /from the folder of that service/,
    );
    const heard = contract("orders", { version: 3, lost: event({ data: Id, key: "id" }) });
    const listener = service(
      payments,
      { database },
      { handle: { charge: answer }, react: [on(heard.lost, nothing)] },
    );
    refused(
      await refusal({ ...all, payments: listener }),
      "service(payments).react",
      /orders@3\.lost is not an event/,
      /from the folder of that service/,
    );
  });

  test("where two services share a route, but not where a version tells them apart", async () => {
    refused(
      await refusal({ ...all, rival: rival(3) }),
      "rival@3.find",
      /its route GET \/v3\/orders\/:key is also that of orders@3\.find/,
      /another path/,
    );
    await expect(loadGraph(shop({ ...all, rival: rival(4) }))).resolves.toBeDefined();
  });

  test("where a schema of a contract or a saga is outside of the subset", async () => {
    const bad = contract("bad", { version: 1, ask: query({ output: z.object({ at: z.date() }) }) });
    refused(
      await refusal({ bad: service(bad, {}, { handle: { ask: answer as never } }) }),
      "bad@1.ask.output.at",
      /Date/,
      /iso/,
    );
    const odd = saga("odd", { version: 1, input: z.object({ at: z.any() }), uses: [], run: nothing });
    const plain = contract("plain", { version: 1 });
    refused(
      await refusal({ plain: service(plain, { database }, { handle: {}, sagas: [odd] }) }),
      "service(plain).sagas.odd.input.at",
      /z\.any/,
      /say what it holds/,
    );
  });

  test("by the first service of the app that fails, however long it takes", async () => {
    const found = await refusal({
      one: () => new Promise((_, fail) => setTimeout(() => fail(new Error("slow")), 20)),
      two: () => Promise.reject(new Error("fast")),
    });
    expect(found.place).toBe("services.one");
    expect(found.problem).toMatch(/cannot be imported: Error: slow$/);
  });
});
