import {
  type AnyCommand,
  type AnyContract,
  type AnyEvent,
  DeclarationError,
  describe,
  memberNameOf,
  type Schema,
} from "kerf";
import type {
  ContractDescriptor,
  EarlierDescriptor,
  EventDescriptor,
  MessageDescriptor,
  MethodDescriptor,
} from "./descriptor.ts";
import { messageOf } from "./message.ts";
import { pascalCase } from "./names.ts";
import type { FieldNumbers } from "./numbers.ts";
import { group } from "./wire-message.ts";

/**
 * A contract as the gRPC service `kerf.<name>.v<version>.<Name>`.
 * `numbers` are the field numbers that the lock file holds; what it does not know gets the next ones.
 * @throws DeclarationError for a schema that has no form in protobuf.
 */
export function describeProto(contract: AnyContract, numbers: FieldNumbers = {}): ContractDescriptor {
  const facts = describe(contract);
  const packageName = `kerf.${facts.name}.v${facts.version}`;
  const service = pascalCase(facts.name);
  const methods: MethodDescriptor[] = [];
  const events: EventDescriptor[] = [];
  const messages: MessageDescriptor[] = [];

  for (const [name, member] of facts.members) {
    const make = (schema: Schema, suffix: string, part: string): MessageDescriptor => {
      const made = messageOf(schema, `${pascalCase(name)}${suffix}`, `${member.id} ${part}`, numbers);
      messages.push(made);
      return made;
    };
    const { description } = member;
    if (member.kind === "event") {
      const data = make(member.data, "Event", "data");
      const earlier = earlierOf(member, numbers);
      events.push({
        member: member.id,
        key: member.key,
        description,
        data,
        version: member.version,
        earlier,
      });
      continue;
    }
    const request = make(member.input, "Request", "input");
    const response = make(member.output, "Response", "output");
    const errors = errorsOf(member.id, member.errors, numbers);
    if (errors.size > 0) {
      const path = `${pascalCase(name)}Errors`;
      messages.push({ ...group([...errors.values()]), name: path, path });
    }
    methods.push({
      member: member.id,
      kind: member.kind,
      name: pascalCase(name),
      path: `/${packageName}.${service}/${pascalCase(name)}`,
      description,
      http: member.http,
      version: member.kind === "command" ? member.version : 1,
      earlier: member.kind === "command" ? earlierOf(member, numbers) : [],
      request,
      response,
      errors,
    });
  }
  refuseServiceName(facts.id, service, messages);
  const file = `kerf/${facts.name}/v${facts.version}/${facts.name}.proto`;
  return { contract: facts.id, file, package: packageName, service, methods, events, messages };
}

/** Under the path that the message had then, so that it can be compared with what is locked there. */
function earlierOf(member: AnyEvent | AnyCommand, numbers: FieldNumbers): EarlierDescriptor[] {
  const suffix = member.kind === "event" ? "Event" : "Request";
  return member.earlier.map(({ version, name = memberNameOf(member.id), schema }) => ({
    version,
    name,
    message: messageOf(schema, `${pascalCase(name)}${suffix}`, `${member.id} earlier[${version}]`, numbers),
  }));
}

function errorsOf(
  member: string,
  schemas: { readonly [code: string]: Schema },
  numbers: FieldNumbers,
): Map<string, MessageDescriptor> {
  const scope = `${pascalCase(memberNameOf(member))}Errors`;
  const errors = new Map<string, MessageDescriptor>();
  const names = new Map<string, string>();
  for (const [code, schema] of Object.entries(schemas)) {
    const path = `${scope}.${pascalCase(code)}`;
    const other = names.get(path);
    if (other !== undefined) {
      throw new DeclarationError(
        `${member} errors`,
        `"${other}" and "${code}" have the same name in protobuf`,
        "rename one of them",
      );
    }
    names.set(path, code);
    errors.set(code, messageOf(schema, path, `${member} errors.${code}`, numbers));
  }
  return errors;
}

function refuseServiceName(contract: string, service: string, messages: readonly MessageDescriptor[]): void {
  const twin = messages.find((message) => message.name === service);
  if (!twin) return;
  throw new DeclarationError(
    contract,
    `its service and one of its messages are both called ${service} in protobuf`,
    "rename the contract or the member",
  );
}
