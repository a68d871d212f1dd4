import { list, part, type Json, type Source } from "./document.ts";
import { fileText } from "./file-text.ts";
import { camelCase } from "./names.ts";
import { readOperations } from "./operations.ts";
import { Report, type Remark } from "./report.ts";
import { Schemas } from "./schemas.ts";
import { Failure } from "../usage.ts";

export interface Adopted {
  /** Of the contract. */
  readonly name: string;
  /** TypeScript: the contract, and how it is asked over HTTP. */
  readonly text: string;
  readonly operations: number;
  readonly remarks: readonly Remark[];
}

/** Makes a contract of an OpenAPI document. @throws Failure where nothing of it can be called */
export function adopt({ document, url }: Source, given: string | undefined): Adopted {
  const report = new Report();
  const info = part(document, "info");
  const name = given ?? camelCase(String(info["title"] ?? ""), "service");
  const schemas = new Schemas(document, report, new Set([name, `${name}Service`]));
  const operations = readOperations(document, schemas, report);
  if (operations.length === 0) throw new Failure("The document has no operation that a contract could hold.");
  const text = fileText({
    name,
    version: Number(/^(\d{1,6})/.exec(String(info["version"] ?? ""))?.[1] ?? 0) || 1,
    url: serverOf(document, url, report),
    auth: authOf(document, schemas, report),
    constants: schemas.constants,
    operations,
    remarks: report.remarks,
  });
  return { name, text, operations: operations.length, remarks: report.remarks };
}

function serverOf(document: Json, from: URL | undefined, report: Report): string {
  const server = list(document["servers"])[0] as Json | undefined;
  const variables = part(server, "variables");
  const written = String(server?.["url"] ?? "/").replaceAll(/\{([^{}]+)\}/g, (_, key: string) =>
    String(part(variables, key)["default"] ?? key),
  );
  const url = URL.parse(written, from?.href);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, "");
  report.add("#/servers", "does not say where the service is: set the URL in http(), or KERF_<NAME>_URL");
  return "http://127.0.0.1:3000";
}

function authOf(document: Json, schemas: Schemas, report: Report): unknown {
  const requirement = list(document["security"])[0] as Json | undefined;
  const all = part(part(document, "components"), "securitySchemes");
  const scheme = Object.keys(requirement ?? all)[0];
  if (scheme === undefined) return undefined;
  const pointer = `#/components/securitySchemes/${scheme}`;
  const { value } = schemas.resolve(all[scheme], pointer);
  if (value["type"] === "http" && /^(?:bearer|basic)$/i.test(String(value["scheme"])))
    return String(value["scheme"]).toLowerCase();
  if (value["type"] === "apiKey" && value["in"] === "header") return { header: String(value["name"]) };
  if (value["type"] === "oauth2" || value["type"] === "openIdConnect") {
    report.add(pointer, "is taken for a bearer token that is a setting: nobody logs in for it");
    return "bearer";
  }
  report.add(pointer, "cannot be used: keys go into a header");
  return undefined;
}
