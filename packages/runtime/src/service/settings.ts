import { DeclarationError, type NeedsSpec } from "kerf";
import { readFileSync } from "node:fs";
import { z } from "zod";

/** `bankUrl` of `payments` is `KERF_PAYMENTS_BANK_URL`. */
export function settingName(service: string, field: string): string {
  const words = (text: string): string => text.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return `KERF_${words(service)}_${words(field)}`;
}

/** The databases that a service's settings ask for by `.meta({ database: "name" })`, beside its own. */
export function databaseSettings(needs: NeedsSpec): { readonly field: string; readonly database: string }[] {
  return Object.entries(needs.settings?.shape ?? {}).flatMap(([field, schema]) => {
    const database = (schema as z.ZodType).meta?.()?.["database"];
    return typeof database === "string" ? [{ field, database }] : [];
  });
}

/**
 * Reads and checks a service's settings: from `KERF_<SERVICE>_<NAME>`, or from the file that
 * `KERF_<SERVICE>_<NAME>_FILE` names. `given` holds the URLs of databases that were provisioned for it.
 * @throws DeclarationError that names each variable that is missing or wrong, never its value
 */
export function readSettings(
  service: string,
  needs: NeedsSpec,
  environment: Readonly<Record<string, string | undefined>>,
  given: Readonly<Record<string, string>>,
): unknown {
  if (!needs.settings) return {};
  const raw: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(needs.settings.shape)) {
    const name = settingName(service, field);
    const text = environment[name] ?? fromFile(environment[`${name}_FILE`], name) ?? given[field];
    if (text !== undefined) raw[field] = converted(text, schema as z.ZodType);
  }
  const parsed = needs.settings.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${settingName(service, String(issue.path[0]))} ${issue.message.toLowerCase()}`,
  );
  throw new DeclarationError(
    `settings of ${service}`,
    problems.join("; "),
    "set the variables that are named, or files by their names with _FILE",
  );
}

function fromFile(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    throw new DeclarationError(
      `${name}_FILE`,
      `the file ${path} cannot be read`,
      "name a file that this process may read",
    );
  }
}

/** Text by the type of its field; what does not convert stays text and is refused by the schema. */
function converted(text: string, schema: z.ZodType): unknown {
  const type = innermost(schema)._zod.def.type;
  if (type === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

function innermost(schema: z.ZodType): z.ZodType {
  const inner = (schema._zod.def as { innerType?: z.ZodType }).innerType;
  return inner ? innermost(inner) : schema;
}
