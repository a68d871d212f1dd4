import { readFileSync } from "node:fs";
import { DeclarationError, describe, type ForeignAuth, type ForeignService } from "kerf";
import { readOutboundUrl } from "../outbound/index.ts";
import { settingName } from "../service/settings.ts";

/** Where a foreign service is on this machine, and how it is told who asks. */
export interface ForeignSettings {
  readonly url: URL;
  /** Header name and value; undefined where it wants none. */
  readonly credential: readonly [name: string, value: string] | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `KERF_<NAME>_URL`, and `KERF_<NAME>_KEY` or the file that `KERF_<NAME>_KEY_FILE` names.
 * @throws DeclarationError that names the variable that is missing or wrong, never its value
 */
export function readForeignSettings(service: ForeignService, environment: Environment): ForeignSettings {
  const { name } = describe(service.contract);
  const variable = settingName(name, "url");
  const given = environment[variable] || undefined;
  const place = given === undefined ? `foreign.${name}.url` : variable;
  const url = readOutboundUrl(given ?? service.url, place, { linkLocal: service.linkLocal ?? false });
  if (url.search !== "") throw new DeclarationError(place, "has a query", "leave out what follows ?");
  return { url, credential: service.auth && credentialOf(service.auth, name, environment) };
}

function credentialOf(auth: ForeignAuth, name: string, environment: Environment): readonly [string, string] {
  const variable = settingName(name, "key");
  const key = environment[variable] || fromFile(environment[`${variable}_FILE`], variable);
  if (key === undefined)
    throw new DeclarationError(
      variable,
      `is not set, and ${name} asks for it`,
      `set it, or name a file that holds it in ${variable}_FILE`,
    );
  if (!/^[\x20-\x7e]+$/.test(key))
    throw new DeclarationError(variable, "is not printable ASCII on one line", "set it to the key alone");
  if (auth === "bearer") return ["authorization", `Bearer ${key}`];
  if (auth === "basic") return ["authorization", `Basic ${Buffer.from(key).toString("base64")}`];
  return [auth.header, key];
}

function fromFile(path: string | undefined, variable: string): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    throw new DeclarationError(
      `${variable}_FILE`,
      `the file ${path} cannot be read`,
      "name a file that this process may read",
    );
  }
}
