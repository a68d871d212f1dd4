import { memberNameOf, type AnyStream } from "kerf";
import type { StreamRoute } from "../routes.ts";
import { subprotocol } from "../stream/web-socket.ts";
import { declaredResponse, parametersOf } from "./operation.ts";
import { objectSchema } from "./schemas.ts";
import { accessText, securityOf, type CredentialKinds } from "./security.ts";

/** The OpenAPI operation of a stream: each answer is an event of the response. */
export function streamOperationOf(route: StreamRoute, kinds: CredentialKinds): object {
  const { member, contract } = route;
  const { access } = member;
  const { deprecated } = member;
  const statuses = [400, ...(access === "public" ? [] : [401, 403]), 404, 429, 500, 503, 504];
  if (deprecated?.ends) statuses.push(410);
  return {
    operationId: `${contract.name}_v${contract.version}_${memberNameOf(member.id)}`,
    tags: [contract.name],
    ...(member.description === undefined ? {} : { summary: member.description }),
    description: `${accessText(access!)} ${howItIsRead}`,
    ...(typeof access === "string" && access !== "user" ? { security: securityOf(access, kinds) } : {}),
    ...(deprecated === undefined ? {} : { deprecated: true }),
    parameters: [...parametersOf(route, objectSchema(member.input, "input")), ...lastEventId(member)],
    responses: {
      "200": {
        description: "Answers, until `event: end` or `event: problem`.",
        content: {
          "text/event-stream": {
            schema: eventSchema(objectSchema(member.output, "output")),
          },
        },
      },
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
      ...declaredResponse(route),
      default: { $ref: "#/components/responses/default" },
    },
  };
}

/**
 * Of each event, as OpenAPI 3.2 has them for this media type; 3.1 says nothing of it.
 * @see https://spec.openapis.org/oas/v3.2.0.html#special-considerations-for-server-sent-events
 */
function eventSchema(answer: object): object {
  const data = (contentSchema: object) => ({ contentMediaType: "application/json", contentSchema });
  return {
    type: "object",
    description: "The data of each unnamed event is an answer.",
    properties: { event: { type: "string" }, data: { type: "string" }, id: { type: "string" } },
    oneOf: [
      { properties: { event: { const: "message" }, data: data(answer) } },
      {
        properties: { event: { const: "problem" }, data: data({ $ref: "#/components/schemas/Problem" }) },
        required: ["event"],
      },
      { properties: { event: { const: "end" } }, required: ["event"] },
    ],
  };
}

const howItIsRead =
  "Answers many times, as server-sent events; one that ends without `event: end` or `event: problem` is to be asked for again. " +
  `Over a WebSocket with the subprotocol ${subprotocol}, each message is \`{ data, id? }\`, the last one perhaps \`{ problem }\`.`;

function lastEventId({ resume }: AnyStream): readonly object[] {
  if (resume === undefined) return [];
  return [
    {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: `The id of the last event that was seen: goes on after it, as ${resume.from} in the query does.`,
      schema: { type: "string", maxLength: 1_024 },
    },
  ];
}
