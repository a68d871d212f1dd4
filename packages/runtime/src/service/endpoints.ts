import { describe, memberNameOf, StatusError, type AnyCommand, type AnyQuery, type Phases } from "kerf";
import type { Endpoint } from "../call/dispatch.ts";
import { compileValidator } from "../validate/index.ts";
import { runCommand, type CommandEndpoint } from "../work/command.ts";
import { runQuery } from "../work/query.ts";
import { settleCommand } from "../work/settle.ts";
import { adaptedHandler } from "./adapted.ts";
import { outputCheck } from "./output-check.ts";
import type { ServicePort } from "./port.ts";

/** Compiles a service's queries and commands into endpoints, by member id. */
export function endpointsOf(port: ServicePort): [string, Endpoint][] {
  const { definition } = port;
  const found: [string, Endpoint][] = [];
  for (const [name, member] of describe(definition.contract).members) {
    if (member.kind === "event" || member.kind === "stream") continue;
    found.push([member.id, endpointOf(port, member, definition.handle[name]!)]);
  }
  for (const call of definition.older.flatMap(({ calls }) => [...calls.values()])) {
    const handler = adaptedHandler(call, definition.handle[memberNameOf(call.current.id)]!);
    // What isolation the handler needs, its own version says.
    const { older, current } = call;
    const member =
      older.kind === "command" ? { ...older, isolation: (current as AnyCommand).isolation } : older;
    found.push([member.id, endpointOf(port, member, handler)]);
  }
  return found;
}

function endpointOf(
  port: ServicePort,
  member: AnyQuery | AnyCommand,
  handler: ((input: any, context: any) => Promise<unknown>) | Phases,
): Endpoint {
  const validateInput = compileValidator(member.input, { unknownFields: "drop", enums: "exact" });
  const check = outputCheck(
    port,
    member.id,
    compileValidator(member.output, { unknownFields: "drop", enums: "exact" }),
  );
  if (member.kind === "query") {
    const handle = handler as (input: any, context: any) => Promise<unknown>;
    const plain: Endpoint["run"] = (input, header, signal) =>
      runQuery(port, member.id, handle, check, input, header, signal);
    return {
      member,
      validateInput,
      log: port.log,
      bounded: port.sizes.bounded,
      run: port.caching && member.cache ? cached(port, member, handle, check) : plain,
      settle: () =>
        Promise.reject(
          new StatusError("INVALID_ARGUMENT", `${member.id} is a query: there is nothing to settle`),
        ),
    };
  }
  const endpoint: CommandEndpoint = { port, command: member, handler, check, running: new Set() };
  return {
    member,
    validateInput,
    log: port.log,
    bounded: port.sizes.bounded,
    run: (input, header, signal) => runCommand(endpoint, input, header, signal),
    settle: (input, header) => settleCommand(endpoint, input, header),
  };
}

function cached(
  port: ServicePort,
  member: AnyQuery,
  handle: (input: any, context: any) => Promise<unknown>,
  check: (output: unknown) => unknown,
): Endpoint["run"] {
  return port.caching!.endpoint(
    member,
    (input, header, signal, observed) =>
      runQuery(port, member.id, handle, check, input, header, signal, observed),
    port.log,
  );
}
