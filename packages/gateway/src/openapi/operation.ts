import { memberNameOf, type Schema } from "kerf";
import { defaultLimits } from "../limits.ts";
import { DECLARED_STATUS, declaredProblemType } from "../problems/catalogue.ts";
import type { AnyRoute, Route } from "../routes.ts";
import { boundedSchema } from "./bounds.ts";
import { accessText, securityOf, type CredentialKinds } from "./security.ts";
import { urlSchema } from "./url-schema.ts";
import { declaredProblemSchema, objectSchema, withoutFields, type ObjectSchema } from "./schemas.ts";

/** The OpenAPI operation of one route. */
export function operationOf(route: Route, kinds: CredentialKinds): object {
  const { member, contract } = route;
  const input = objectSchema(member.input, "input");
  // Paths and queries end sooner than these: by the limit of URLs.
  const inBody = route.hasBody
    ? boundedSchema(withoutFields(input, route.parameters), defaultLimits)
    : undefined;
  const isCommand = member.kind === "command";
  return {
    operationId: `${contract.name}_v${contract.version}_${memberNameOf(member.id)}`,
    tags: [contract.name],
    ...(member.description === undefined ? {} : { summary: member.description }),
    description: accessText(member.access!),
    ...(typeof member.access === "string" && member.access !== "user"
      ? { security: securityOf(member.access, kinds) }
      : {}),
    ...(member.deprecated === undefined ? {} : { deprecated: true }),
    parameters: [...parametersOf(route, input), ...(isCommand ? [idempotencyKey] : [])],
    ...(inBody === undefined || Object.keys(inBody.properties).length === 0
      ? {}
      : {
          requestBody: {
            required: inBody.required.length > 0,
            content: { "application/json": { schema: inBody } },
          },
        }),
    responses: responsesOf(route),
  };
}

const idempotencyKey = { $ref: "#/components/parameters/IdempotencyKey" };

export function parametersOf(route: AnyRoute, input: ObjectSchema): readonly object[] {
  const inPath = route.parameters.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: urlSchema(input.properties[name]!, "path"),
    ...exampleOf(input, name),
  }));
  if (route.hasBody) return inPath;
  const { properties, required } = withoutFields(input, route.parameters);
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: urlSchema(schema, "query"),
    ...exampleOf(input, name),
  }));
  return [...inPath, ...inQuery];
}

/** Of one field: from an example of the whole input, or its own. */
function exampleOf({ examples: [whole] = [], properties }: ObjectSchema, name: string): object {
  const [own] = (properties[name] as { readonly examples?: readonly unknown[] }).examples ?? [];
  const example = whole?.[name] ?? own;
  return example === undefined ? {} : { example };
}

function responsesOf(route: Route): object {
  const { member } = route;
  const isCommand = member.kind === "command";
  const statuses = [400, ...(member.access === "public" ? [] : [401, 403]), 404];
  if (isCommand) statuses.push(409, 422);
  if (route.hasBody) statuses.push(413, 415);
  if (member.deprecated?.ends) statuses.push(410);
  statuses.push(429, 500, 503, 504);
  return {
    "200": {
      description: isCommand ? "Done." : "The answer.",
      ...(isCommand
        ? { headers: { "Idempotency-Key": { $ref: "#/components/headers/IdempotencyKey" } } }
        : {}),
      content: { "application/json": { schema: objectSchema(member.output, "output") } },
    },
    ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    ...declaredResponse(route),
    default: { $ref: "#/components/responses/default" },
  };
}

export function declaredResponse(route: AnyRoute): object {
  const errors = Object.entries(route.member.errors) as [string, Schema][];
  if (errors.length === 0) return {};
  const declared = errors.map(([code, data]) =>
    declaredProblemSchema(declaredProblemType(route.contract.name, code), code, data),
  );
  const others = route.member.kind === "command" ? [{ $ref: "#/components/schemas/Problem" }] : [];
  return {
    [DECLARED_STATUS]: {
      description: `Refused: ${errors.map(([code]) => code).join(", ")}.`,
      content: { "application/problem+json": { schema: { anyOf: [...declared, ...others] } } },
    },
  };
}
