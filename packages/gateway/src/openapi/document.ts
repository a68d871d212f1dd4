import type { AnyContract } from "kerf";
import { checkContract, checkExamples } from "@kerf/runtime/validate";
import { problemKinds } from "../problems/catalogue.ts";
import { routesOf, streamRoutesOf } from "../routes.ts";
import { operationOf } from "./operation.ts";
import { problemSchema } from "./schemas.ts";
import { streamOperationOf } from "./stream-operation.ts";
import { securityOf, securitySchemes, type CredentialKinds } from "./security.ts";

export interface ApiInfo {
  readonly title: string;
  /** Of the document. The newest version of a contract in it where absent. */
  readonly version?: string;
  readonly description?: string;
  /** How callers say who they are. */
  readonly credentials?: CredentialKinds;
}

/**
 * The OpenAPI 3.1 document of every member that has a route.
 * @throws DeclarationError for a contract or route that cannot be served
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapi(contracts: readonly AnyContract[], { credentials = {}, ...info }: ApiInfo): object {
  contracts.forEach(checkContract);
  contracts.forEach(checkExamples);
  const routes = routesOf(contracts);
  const paths: { [path: string]: { [method: string]: object } } = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([^/]+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, credentials);
  }
  const streams = streamRoutesOf(contracts);
  for (const route of streams) {
    const path = route.path.replaceAll(/:([^/]+)/g, "{$1}");
    (paths[path] ??= {})["get"] = streamOperationOf(route, credentials);
  }
  const newest = Math.max(1, ...[...routes, ...streams].map((route) => route.contract.version));
  return {
    openapi: "3.1.1",
    info: { ...info, version: info.version ?? String(newest) },
    // Relative: the same document is true behind any name.
    servers: [{ url: "/" }],
    security: securityOf("user", credentials),
    tags: [...new Set([...routes, ...streams].map((route) => route.contract.name))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: securitySchemes(credentials),
      schemas: { Problem: problemSchema },
      parameters: { IdempotencyKey: idempotencyKeyParameter },
      headers: { traceparent: traceparentHeader, IdempotencyKey: idempotencyKeyHeader },
      responses: problemResponses(),
    },
  };
}

/** Bare, or a string of structured fields: what begins with a quote must end with one. */
const idempotencyKeySchema = {
  type: "string",
  minLength: 1,
  maxLength: 255,
  pattern: '^(?:[!#-~][!-~]*|"(?:[!#-\\[\\]-~]|\\\\["\\\\])+")$',
};

const idempotencyKeyParameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Makes repeating this harmless: the same key with the same input has one effect and one answer.",
  schema: idempotencyKeySchema,
};

const idempotencyKeyHeader = {
  description:
    "The key of this command, made where the request had none. Repeat with it to learn the outcome.",
  schema: idempotencyKeySchema,
};

const traceparentHeader = {
  description: "The trace of this request (W3C Trace Context).",
  schema: { type: "string", pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" },
};

/** One response for each status of the catalogue. */
function problemResponses(): { readonly [status: string]: object } {
  const headers = { traceparent: { $ref: "#/components/headers/traceparent" } };
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const titles = new Map<number, string[]>();
  for (const { status, title } of Object.values(problemKinds)) {
    titles.set(status, [...(titles.get(status) ?? []), title]);
  }
  return {
    ...Object.fromEntries(
      [...titles].map(([status, names]) => [
        status,
        { description: `${names.join(", or ")}.`, headers, content },
      ]),
    ),
    default: { description: "Any other problem.", headers, content },
  };
}
