import type { Application } from "@kerf/dashboard/read";
import type { JsonSchema } from "./hide.ts";

export interface Schemas {
  readonly input: JsonSchema | undefined;
  readonly output: JsonSchema | undefined;
  /** Of what a message of it holds. */
  readonly sent: JsonSchema | undefined;
  readonly errors: { readonly [code: string]: JsonSchema };
}

/** The schemas of a member: `"orders@1.placed"`. None where it is not known. */
export function schemasOf({ services }: Application, id: string): Schemas {
  const member = services.flatMap(({ members }) => members).find((one) => one.id === id);
  const input = member?.input ?? undefined;
  const output = member?.output ?? undefined;
  return { input, output, sent: member?.kind === "event" ? output : input, errors: member?.errors ?? {} };
}
