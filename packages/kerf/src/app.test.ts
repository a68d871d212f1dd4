import { describe, expect, test } from "vitest";
import { app, type App, type LoadService, type Unit } from "./index.ts";
import { refusal } from "./testing.ts";

const load: LoadService = () => Promise.reject(new Error("a topology is settled without loading"));
const services = { orders: load, payments: load, catalog: load };

/** Declares what the compiler would refuse. */
const declare = app as (name: string, spec: unknown) => App;

function units(topology: unknown): readonly Unit[] {
  return declare("shop", { services, topologies: { tried: topology } }).topologies.get("tried")!.units;
}

const names = (all: readonly Unit[]) =>
  Object.fromEntries(
    all.map((unit) => [unit.name, [...unit.services, ...(unit.gateway ? ["gateway"] : [])]]),
  );

describe("a topology", () => {
  test.each<readonly [string, unknown, object]>([
    [
      "of one unit holds the gateway there",
      { shop: "*" },
      { shop: ["orders", "payments", "catalog", "gateway"] },
    ],
    [
      "of one listed unit does so too",
      { shop: ["catalog", "payments", "orders"] },
      { shop: ["catalog", "payments", "orders", "gateway"] },
    ],
    [
      "of one unit may list the gateway",
      { shop: ["orders", "payments", "catalog", "gateway"] },
      { shop: ["orders", "payments", "catalog", "gateway"] },
    ],
    [
      "of several gives the gateway a unit of its own",
      { checkout: ["orders", "payments"], back: "*" },
      { gateway: ["gateway"], checkout: ["orders", "payments"], back: ["catalog"] },
    ],
    [
      "puts the gateway where it is listed",
      { checkout: ["orders", "gateway"], back: "*" },
      { checkout: ["orders", "gateway"], back: ["payments", "catalog"] },
    ],
    [
      "may have a unit of the gateway alone",
      { edge: ["gateway"], all: "*" },
      { edge: ["gateway"], all: ["orders", "payments", "catalog"] },
    ],
    [
      "may call it gateway",
      { gateway: ["gateway"], all: "*" },
      { gateway: ["gateway"], all: ["orders", "payments", "catalog"] },
    ],
    [
      "may call its only unit gateway",
      { gateway: "*" },
      { gateway: ["orders", "payments", "catalog", "gateway"] },
    ],
    [
      "gives each a unit",
      "each",
      { gateway: ["gateway"], orders: ["orders"], payments: ["payments"], catalog: ["catalog"] },
    ],
  ])("%s", (_name, topology, expected) => {
    expect(names(units(topology))).toEqual(expected);
  });

  test("of a single service has the gateway with it, also with each", () => {
    const made = declare("tiny", { services: { one: load }, topologies: { micro: "each" } });
    expect(made.topologies.get("micro")!.units).toEqual([{ name: "one", services: ["one"], gateway: true }]);
  });
});

describe("an app", () => {
  test("keeps its topologies in order, the default first, and loads nothing", () => {
    const made = declare("shop", {
      services,
      topologies: { monolith: { shop: "*" }, micro: "each" },
      gateway: { cors: { origins: ["https://shop.example"] } },
    });
    expect([...made.topologies.keys()]).toEqual(["monolith", "micro"]);
    expect(made).toMatchObject({
      name: "shop",
      services,
      hints: [],
      audit: undefined,
      gateway: { cors: { origins: ["https://shop.example"] } },
    });
  });
});

describe("a wrong app is refused", () => {
  const topologies = { all: { shop: "*" } };

  test.each<readonly [string, string, unknown, string, RegExp, RegExp]>([
    ["a name in capitals", "Shop", { services, topologies }, 'app("Shop")', /lower-case/, /rename/],
    ["no services", "shop", { services: {}, topologies }, 'app("shop")', /no services/, /at least one/],
    ["no topologies", "shop", { services, topologies: {} }, 'app("shop")', /no topologies/, /monolith/],
    [
      "a service called gateway",
      "shop",
      { services: { gateway: load }, topologies },
      'app("shop").services.gateway',
      /"gateway"/,
      /rename/,
    ],
    [
      "a service of two words",
      "shop",
      { services: { "my-orders": load }, topologies },
      'app("shop").services.my-orders',
      /camelCase/,
      /its contract/,
    ],
    [
      "a service that is loaded already",
      "shop",
      { services: { orders: {} }, topologies },
      'app("shop").services.orders',
      /not a function/,
      /import\("\.\/services\/orders/,
    ],
    [
      "a topology in capitals",
      "shop",
      { services, topologies: { All: "each" } },
      'app("shop").topologies.All',
      /lower-case/,
      /rename/,
    ],
  ])("%s", (_name, name, spec, place, problem, mend) => {
    expect(refusal(() => declare(name, spec))).toMatchObject({
      place,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });
});

describe("a wrong topology is refused", () => {
  test.each<readonly [string, unknown, string, RegExp, RegExp]>([
    [
      "a service that is unknown",
      { a: ["catlog"], b: "*" },
      ".a",
      /no service "catlog" \(did you mean "catalog"\?\)/,
      /orders, payments, catalog/,
    ],
    ["a gateway that is misspelt", { a: ["gatway"], b: "*" }, ".a", /did you mean "gateway"/, /orders/],
    [
      "an unknown service that is like none",
      { a: ["shipping"], b: "*" },
      ".a",
      /no service "shipping"$/,
      /orders/,
    ],
    [
      "a service in two units",
      { a: ["orders"], b: ["orders", "payments", "catalog"] },
      ".b",
      /also in the unit "a"/,
      /one unit/,
    ],
    ["a service twice in a unit", { a: ["orders", "orders"], b: "*" }, ".a", /listed twice/, /one unit/],
    [
      "the gateway in two units",
      { a: ["orders", "gateway"], b: ["gateway"], c: "*" },
      ".b",
      /"gateway" is also in the unit "a"/,
      /one unit/,
    ],
    [
      "a service in no unit",
      { a: ["orders", "payments"] },
      "",
      /"catalog" is in no unit/,
      /give one unit "\*"/,
    ],
    ["two services in no unit", { a: ["orders"] }, "", /"payments", "catalog" are in no unit/, /list them/],
    ["no units", {}, "", /are in no unit/, /list them/],
    ["two units with *", { a: "*", b: "*" }, "", /"a" and "b" both take/, /one unit at most/],
    ["an empty unit", { a: [], b: "*" }, ".a", /nothing to run/, /remove it/],
    [
      "a * that is left with nothing",
      { a: ["orders", "payments", "catalog"], b: "*" },
      ".b",
      /nothing to run/,
      /remove it/,
    ],
    [
      "a unit that takes the gateway's name",
      { gateway: ["orders"], b: "*" },
      ".gateway",
      /gateway's own unit/,
      /rename the unit/,
    ],
    ["a unit with a bad name", { "a b": "*" }, ".a b", /not letters/, /rename/],
    ["a unit of one name", { a: "orders", b: "*" }, ".a", /neither a list/, /list its services/],
    ["a word that is not each", "eech", "", /"eech" is no topology/, /"each"/],
    ["a list", ["orders"], "", /no topology/, /"each"/],
    ["nothing", null, "", /null is no topology/, /"each"/],
  ])("%s", (_name, topology, place, problem, mend) => {
    expect(refusal(() => units(topology))).toMatchObject({
      place: `app("shop").topologies.tried${place}`,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });
});
