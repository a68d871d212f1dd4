// One of the two servers that bench/gateway.ts compares: `node gateway-server.ts kerf|fastify`. Tells its URL and waits.
import { startGateway } from "@kerf/gateway";
import { jsonSchema } from "@kerf/runtime/validate";
import fastify from "fastify";
import { command, contract, query } from "kerf";
import { pino } from "pino";
import { z } from "zod";

const Sku = z.object({ sku: z.string().max(40), warehouse: z.int().optional() });
const Stock = z.object({ sku: z.string(), left: z.int(), reserved: z.boolean() });
const Reservation = z.object({
  orderId: z.string().max(40),
  lines: z.array(z.object({ sku: z.string().max(40), quantity: z.int().min(1) })).max(100),
});
const Reserved = z.object({ orderId: z.string(), lines: z.int() });

const stockOf = (input: z.output<typeof Sku>) => ({ sku: input.sku, left: 7, reserved: false });
const reserve = (input: z.output<typeof Reservation>) => ({
  orderId: input.orderId,
  lines: input.lines.length,
});

async function startKerf(): Promise<string> {
  const inventory = contract("inventory", {
    version: 1,
    stock: query({ http: "GET /stock/:sku", access: "public", input: Sku, output: Stock }),
    reserve: command({
      http: "POST /reservations",
      access: "public",
      input: Reservation,
      output: Reserved,
    }),
  });
  const { url } = await startGateway({
    contracts: [inventory],
    invoke: async ({ member, input }) =>
      member.kind === "query" ? stockOf(input as never) : reserve(input as never),
    app: "bench",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "info" }),
    ready: () => true,
  });
  return url;
}

async function startFastify(): Promise<string> {
  const app = fastify({ logger: false });
  const { properties, required } = jsonSchema(Sku, "input") as { properties: object; required: string[] };
  const { sku, ...inQuery } = properties as { sku: object };
  app.get(
    "/v1/stock/:sku",
    {
      schema: {
        params: { type: "object", properties: { sku }, required },
        querystring: { type: "object", properties: inQuery, additionalProperties: false },
        response: { 200: jsonSchema(Stock, "output") },
      },
    },
    async (request) => stockOf(request.params as never),
  );
  app.post(
    "/v1/reservations",
    { schema: { body: jsonSchema(Reservation, "input"), response: { 200: jsonSchema(Reserved, "output") } } },
    async (request) => reserve(request.body as never),
  );
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

process.send!(process.argv[2] === "kerf" ? await startKerf() : await startFastify());
// Asked before and after: what a request costs the server, whatever else the machine does meanwhile.
process.on("message", () => process.send!(process.cpuUsage()));
process.on("disconnect", () => process.exit());
