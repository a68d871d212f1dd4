/** The AsyncAPI document of the shop, by the official schema, and held against messages that were really sent. */
import specifications from "@asyncapi/specs";
import { postgresBroker, loadGraph, type Graph } from "@kerf/runtime";
import { rig, type Rig } from "@kerf/testing";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { app, command, contract, event, on, service } from "kerf";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import shop from "../../../examples/shop/kerf.config.ts";
import { catalog } from "../../../examples/shop/services/catalog/contract.ts";
import { inventory } from "../../../examples/shop/services/inventory/contract.ts";
import { orders } from "../../../examples/shop/services/orders/contract.ts";
import { asyncapi } from "../src/exports/asyncapi/document.ts";

const database = { migrations: new URL("fixture/app/services/names/migrations/", import.meta.url) };
let graph: Graph;
let document: any;
beforeAll(async () => {
  graph = await loadGraph(shop);
  document = JSON.parse(JSON.stringify(asyncapi(graph)));
});

/** What the official schema has to say of a document. */
function complaints(of: object): unknown {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile((specifications as any).schemasWithoutId["3.0.0"]);
  return validate(of) ? [] : validate.errors;
}

describe("the AsyncAPI document", () => {
  test("is valid AsyncAPI 3", () => {
    expect(complaints(document)).toEqual([]);
    const broken = structuredClone(document);
    broken.operations.orders_sends_orders_v1.action = "shout";
    expect(complaints(broken)).not.toEqual([]);
  });

  test("refers to nothing that is not there", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"(#[^"]+)"/g)].map(([, path]) => path!);
    expect(references.length).toBeGreaterThan(50);
    const missing = references.filter((path) => {
      let at = document;
      for (const step of path.slice(2).split("/")) at = at?.[step];
      return at === undefined;
    });
    expect(missing).toEqual([]);
  });

  test("has every event and every order, and says who sends and who receives them", () => {
    for (const { facts } of graph.services.values()) {
      const events = [...facts.members.values()].filter((member) => member.kind === "event");
      const channel = document.channels[`${facts.name}_v${facts.version}`];
      expect(Object.keys(channel?.messages ?? {})).toEqual(
        events.map(({ id }) => id.slice(id.indexOf(".") + 1)),
      );
    }
    expect(document.channels.orders_v1).toMatchObject({ address: "orders@1" });
    expect(document.channels.orders_v1_commands).toMatchObject({ address: "orders@1!commands" });
    const heard = document.operations.notifications_receives_orders_v1;
    expect(heard).toMatchObject({ action: "receive", channel: { $ref: "#/channels/orders_v1" } });
    expect(heard.messages).toContainEqual({ $ref: "#/channels/orders_v1/messages/confirmed" });
    expect(heard.messages).not.toContainEqual({ $ref: "#/channels/orders_v1/messages/returnRequested" });
    expect(document.operations.carts_sends_orders_v1_commands).toMatchObject({ action: "send" });
    // It has no database, so it hears nothing and sends nothing.
    expect(Object.keys(document.operations).filter((key) => key.startsWith("storefront_"))).toEqual([]);
  });

  test("tells which version of its data a message has", async () => {
    const news = contract("news", {
      version: 2,
      read: command({}),
      told: event({
        data: z.object({ id: z.string(), words: z.array(z.string()) }),
        key: "id",
        earlier: { 1: { data: z.object({ id: z.string() }), to: ({ id }) => ({ id, words: [] }) } },
      }),
    });
    const told = service(
      news,
      { database },
      { handle: { read: async () => ({}) }, react: [on(news.told, async () => {})] },
    );
    const made: any = asyncapi(
      await loadGraph(
        app("paper", {
          services: { news: async () => ({ default: told }) },
          topologies: { all: { all: "*" } },
        }),
      ),
    );
    expect(complaints(JSON.parse(JSON.stringify(made)))).toEqual([]);
    expect(made.info.version).toBe("2");
    expect(made.components.messages["news_v2.told"].payload.allOf[1]).toMatchObject({
      properties: { type: { const: "news@2.told" }, version: { const: 2 } },
      required: ["version"],
    });
    expect(Object.keys(made.operations)).toEqual([
      "news_sends_news_v2",
      "news_receives_news_v2_commands",
      "news_receives_news_v2",
    ]);
  });
});

/** Checks real messages by the schemas of a document. */
function checkerOf(made: object) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(made, "document");
  return (message: { readonly type: string }): unknown => {
    const validate = ajv.compile({
      $ref: `document#/components/messages/${message.type.replace("@", "_v")}/payload`,
    });
    return validate(message) ? [] : validate.errors;
  };
}

/** Hears everything that the services of a rig say to each other. */
async function overhear(running: Rig, made: any) {
  const broker = await postgresBroker({ url: await running.databaseUrl("broker") });
  const messages: any[] = [];
  const channels = Object.values<any>(made.channels).map(({ address }) => address as string);
  const groups = channels.map((channel) => ({ service: "reader", channel, from: "earliest" as const }));
  await broker.register(groups);
  for (const group of groups)
    await broker.subscribe(
      group,
      async (some) => void messages.push(...some.map(({ body }) => JSON.parse(body))),
    );
  const sent = (types: readonly string[]) =>
    expect
      .poll(() => messages.map(({ type }) => type as string), { timeout: 10_000 })
      .toEqual(expect.arrayContaining([...types]));
  return { messages, sent, [Symbol.asyncDispose]: () => broker.close() };
}

describe("messages that were sent", () => {
  const envelope = () => Object.keys(document.components.schemas.Envelope.properties);

  test("are as the document says", { timeout: 120_000 }, async () => {
    await using running = await rig(shop);
    await using heard = await overhear(running, document);
    await running.call(catalog.registerArticles, { articles: [{ code: "H1", name: "Heart" }] });
    await running.call(catalog.registerOffers, { offers: [{ offerId: "H1", article: "H1", pence: 250 }] });
    await running.call(inventory.setOpening, { items: [{ article: "H1", quantity: 9 }] });
    const address = {
      name: "Gil",
      email: "gil@guests.example",
      lines: ["3 Harbour Steps"],
      country: "United Kingdom",
    };
    for (const as of [undefined, { id: "ann", roles: ["staff"] }])
      await running.call(
        orders.place,
        { address, lines: [{ offerId: "H1", quantity: 1 }] },
        as ? { as } : {},
      );
    await heard.sent([orders.placed.id, orders.confirmed.id]);

    const check = checkerOf(document);
    for (const message of heard.messages) {
      expect(check(message)).toEqual([]);
      // Every field on the wire is in the document.
      expect(envelope()).toEqual(expect.arrayContaining(Object.keys(message)));
    }
    const confirmed = heard.messages.find(({ type }) => type === orders.confirmed.id);
    for (const wrong of [{ data: {} }, { key: 7 }, { traceparent: "none" }])
      expect(check({ ...confirmed, ...wrong })).not.toEqual([]);
  });

  test("orders too, with whom to tell of a refusal", { timeout: 60_000 }, async () => {
    const paper = contract("paper", {
      version: 1,
      print: command({ input: z.object({ title: z.string() }) }),
      refused: command({ input: z.object({ code: z.string() }) }),
    });
    const press = contract("press", {
      version: 1,
      run: command({ input: z.object({ title: z.string() }), errors: { Jammed: z.object({}) } }),
    });
    const wants = { database, uses: [press] as const };
    const papers = service(paper, wants, {
      handle: {
        async print({ title }, { send }) {
          send(press.run, { title }, { onRefused: paper.refused });
          return {};
        },
        refused: async () => ({}),
      },
    });
    const presses = service(
      press,
      { database },
      {
        handle: {
          async run(_input, { fail }) {
            throw fail("Jammed", {});
          },
        },
      },
    );
    const city = app("city", {
      services: { paper: async () => ({ default: papers }), press: async () => ({ default: presses }) },
      topologies: { all: { all: "*" } },
    });
    const made = JSON.parse(JSON.stringify(asyncapi(await loadGraph(city))));
    expect(complaints(made)).toEqual([]);
    expect(made.operations.paper_sends_press_v1_commands.messages.length).toBe(1);
    await using running = await rig(city);
    await using heard = await overhear(running, made);
    await running.call(paper.print, { title: "News" });
    await heard.sent([press.run.id, paper.refused.id]);
    const check = checkerOf(made);
    for (const message of heard.messages) {
      expect(check(message)).toEqual([]);
      expect(envelope()).toEqual(expect.arrayContaining(Object.keys(message)));
    }
    expect(heard.messages.find(({ type }) => type === press.run.id).onRefused.type).toBe(paper.refused.id);
  });
});
