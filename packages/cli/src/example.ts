import { describe, type AnyContract } from "kerf";

/** The path of the first route that anybody may GET without giving anything: something to try. */
export function exampleOf(contracts: readonly AnyContract[]): string | undefined {
  for (const { version, members } of contracts.map(describe)) {
    for (const member of members.values()) {
      if (member.kind !== "query" || member.access !== "public" || !member.http?.startsWith("GET ")) continue;
      const path = member.http.slice("GET ".length);
      if (path.includes(":")) continue;
      const empty = member.input["~standard"].validate({});
      if (!(empty instanceof Promise) && empty.issues === undefined) return `/v${version}${path}`;
    }
  }
  return undefined;
}
