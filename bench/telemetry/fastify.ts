/**
 * The peer: Fastify alone, or with OpenTelemetry's own SDK and its instrumentation of `node:http`, as its documentation
 * sets them up: one span a request. The SDK reads the same `OTEL_*` variables.
 *
 * `fastify.ts PORT`
 */
const traced = process.env["OTEL_SDK_DISABLED"] !== "true";
if (traced) {
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const { HttpInstrumentation } = await import("@opentelemetry/instrumentation-http");
  new NodeSDK({ instrumentations: [new HttpInstrumentation()] }).start();
}

const { fastify } = await import("fastify");
const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] } as const;
const name = { type: "object", properties: { name: { type: "string" } }, required: ["name"] } as const;
const app = fastify();
for (const path of ["hello", "greet"])
  app.get<{ Params: { name: string } }>(
    `/v1/${path}/:name`,
    { schema: { params: name, response: { 200: text } } },
    async ({ params }) => ({ text: `hello, ${params.name}` }),
  );
await app.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
console.log("ready");
