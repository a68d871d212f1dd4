import { DeclarationError, describe, routeParts } from "kerf";
import type { ServiceNode } from "./graph.ts";

/** Checks that no two members of an app are reached by the same requests. @throws DeclarationError */
export function checkRoutes(services: Iterable<ServiceNode>): void {
  const taken = new Map<string, string>();
  for (const facts of [...services].flatMap((node) => [...node.served.values()]).map(describe)) {
    for (const member of facts.members.values()) {
      if (member.kind === "event" || member.http === undefined) continue;
      const { method, path, shape } = routeParts(member.http, member.id);
      const full = shape.replace(" ", ` /v${facts.version}`);
      const other = taken.get(full);
      if (other !== undefined)
        throw new DeclarationError(
          member.id,
          `its route ${method} /v${facts.version}${path} is also that of ${other}`,
          "give one of them another path",
        );
      taken.set(full, member.id);
    }
  }
}
