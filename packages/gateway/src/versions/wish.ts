import type { IncomingMessage } from "node:http";

/** Which version somebody asks for: `next`, `current`, or `catalog=next,orders=current`. What is nothing of that is left alone. */
export function wishOf({ headers }: IncomingMessage): string | undefined {
  const wish = headers["kerf-release"];
  return typeof wish === "string" && /^[a-zA-Z0-9=, ]{1,200}$/.test(wish) ? wish : undefined;
}
