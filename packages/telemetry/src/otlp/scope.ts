import { readFileSync } from "node:fs";

export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
}

/** What made the spans and metrics that are ours. */
export const SCOPE = { name: "kerf", version: ownVersion() } satisfies Scope;

function ownVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
