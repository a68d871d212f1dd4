import { z } from "zod";
import { lockFormat, type ContractLock } from "./lock.ts";
import type { IncompatibleChange } from "./lock-compare.ts";

const number = z.int().min(1).max(536_870_911);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.number().exactOptional();
const limits = z.object({
  minLength: bound,
  maxLength: bound,
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: bound,
  minItems: bound,
  maxItems: bound,
  form: z.string().exactOptional(),
  patterns: z.array(z.string()).exactOptional(),
});
const field = z.object({
  number,
  label: z.enum(["optional", "default", "repeated", "map"]).exactOptional(),
  type: z.string(),
  values: z.array(scalar).exactOptional(),
  limits: limits.exactOptional(),
  tags: z.array(scalar).exactOptional(),
});
const message = z.object({
  form: z.enum(["object", "union", "nullable", "box", "list", "map", "null"]),
  fields: z.record(z.string(), field),
  reserved: z.record(z.string().regex(/^[1-9]\d*$/), z.string()).exactOptional(),
});
const member = z.object({
  kind: z.enum(["query", "command", "event", "stream"]),
  http: z.string().exactOptional(),
  version: z.int().min(1).exactOptional(),
  errors: z.array(z.string()).exactOptional(),
  key: z.string().exactOptional(),
});
const lockShape = z.object({
  contracts: z.record(
    z.string(),
    z.object({
      format: z.literal(lockFormat).exactOptional(),
      members: z.record(z.string(), member),
      messages: z.record(z.string(), message),
    }),
  ),
});

const rewrite = "restore the file from version control, or run `kerf export proto --write-lock`";

/** A lock file's text as a lock, or what is wrong with it. */
export function parseLock(text: string): { lock: ContractLock; problems: readonly IncompatibleChange[] } {
  const none: ContractLock = { contracts: {} };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const merging = /^(<{7}|={7}|>{7})/m.test(text);
    const reason = merging ? "has an unfinished merge" : `is not JSON (${(error as Error).message})`;
    const mend = merging ? "keep the lines of both sides, each field with a number of its own" : rewrite;
    return { lock: none, problems: [{ place: "the file", reason, mend }] };
  }
  const parsed = lockShape.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 10).map((issue) => ({
      place: issue.path.join(".") || "the file",
      reason: issue.message,
      mend: rewrite,
    }));
    return { lock: none, problems };
  }
  return { lock: parsed.data, problems: [...sharedNumbers(parsed.data)] };
}

/** Two branches that each added a field merge without a conflict, into one number for two fields. */
function* sharedNumbers(lock: ContractLock): Generator<IncompatibleChange> {
  for (const [id, contract] of Object.entries(lock.contracts)) {
    for (const [path, { fields, reserved }] of Object.entries(contract.messages)) {
      const owners = new Map(
        Object.entries(reserved ?? {}).map(([n, name]) => [Number(n), `removed ${name}`]),
      );
      for (const [name, { number: own }] of Object.entries(fields)) {
        const other = owners.get(own);
        owners.set(own, name);
        if (other === undefined) continue;
        yield {
          place: `${id}:${path}.${name}`,
          reason: `has the number ${own}, which ${other} has too`,
          mend: "delete the line of the one that was never deployed, then run `kerf export proto --write-lock`",
        };
      }
    }
  }
}
