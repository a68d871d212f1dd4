import type { CallAnswer, PeopleView } from "@kerf/dashboard/api";
import { nearest } from "kerf";
import { z } from "zod";
import { Failure } from "../../usage.ts";
import { short } from "../arguments.ts";
import { hidden, type JsonSchema } from "../hide.ts";
import { schemasOf, type Schemas } from "../schemas.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

export function callTools({ describer, client, allowCalls }: Sources): Tool[] {
  return [
    tool({
      name: "call_member",
      title: "Call a member",
      description:
        "Calls a member of the running kerf dev: one with a route through the gateway, as anybody's request would go, one " +
        "without by its unit, where the same is asked of a person. " +
        (allowCalls
          ? "Commands change things."
          : "Queries and streams only: commands need kerf mcp --allow-calls.") +
        " describe_service has the schemas, list_people whom it can be called as; the answer names the trace, for get_trace.",
      changes: allowCalls,
      input: {
        member: z.string().max(200).describe("orders@1.place"),
        input: z.record(z.string(), z.unknown()).describe("By the schema of its input").optional(),
        as: z.string().max(200).describe("Id of one of list_people; default: a stranger").optional(),
        id: z.string().max(255).describe("Of a command: its Idempotency-Key; default: a new one").optional(),
      },
      async run({ member, input, as, id }) {
        const { application } = await describer.read("description");
        const members = application.services.flatMap((one) => one.members);
        const facts = members.find((one) => one.id === member);
        if (!facts) {
          const close = nearest(
            member,
            members.map((one) => one.id),
          );
          throw new Failure(
            `There is no member "${member}".${close ? ` Did you mean "${close}"?` : ""} list_services has them.`,
          );
        }
        if (facts.kind !== "query" && facts.kind !== "stream" && !allowCalls)
          throw new Failure(
            `${member} is a ${facts.kind}: it may change something, and this server only asks. ` +
              "Where that is wanted, the person who runs it starts it with: kerf mcp --allow-calls.",
          );
        const answer = await client().post<CallAnswer>("/api/call", { member, input, as, id });
        return shown(answer, schemasOf(application, member));
      },
    }),
    tool({
      name: "list_people",
      title: "People to call as",
      description:
        "Whom call_member can call as: the people of the embedded identity provider, with their roles.",
      input: {},
      run: async () => client().get<PeopleView>("/api/people"),
    }),
  ];
}

function shown(
  { status, body, messages, truncated, traceId, id, milliseconds }: CallAnswer,
  { output, errors }: Schemas,
): object {
  return {
    status,
    ...(messages === undefined
      ? { body: status < 400 ? hidden(output, body) : problemOf(body, errors) }
      : { messages: messages.map((message) => hidden(output, message)) }),
    ...(truncated ? { more: "The answer was longer than what is here." } : {}),
    trace: traceId,
    ...(id === null ? {} : { idempotencyKey: id }),
    tookMs: short(milliseconds),
  };
}

/** A problem document (RFC 9457): what it says is for everybody, but for the data of a declared error. */
function problemOf(body: unknown, errors: Schemas["errors"]): unknown {
  if (typeof body !== "object" || body === null || !("data" in body)) return body;
  const { code, data } = body as { readonly code?: unknown; readonly data: unknown };
  const schema: JsonSchema | undefined = typeof code === "string" ? errors[code] : undefined;
  return { ...body, data: hidden(schema, data) };
}
