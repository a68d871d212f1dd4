import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  accessText,
  declaredProblemType,
  routesOf,
  streamRoutesOf,
  type Route,
  type StreamRoute,
} from "@kerf/gateway";
import { jsonSchema } from "@kerf/runtime/validate";
import { memberNameOf, type AnyContract, type Schema } from "kerf";
import { comment, typeText } from "./types.ts";

type AnyRoute = Route | StreamRoute;

/**
 * A client of the API as one TypeScript file that needs nothing else: types, and calls with deadlines, retries and
 * idempotency keys. The same contracts make the same text.
 */
export function clientText(app: string, contracts: readonly AnyContract[]): string {
  const streams = streamRoutesOf(contracts);
  const routes: readonly AnyRoute[] = [...routesOf(contracts), ...streams];
  const groups = new Map<string, AnyRoute[]>();
  for (const route of routes) {
    const name = groupName(route, routes);
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  const body = [...groups].map(([name, group]) => groupText(name, group)).join("\n");
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
  const parts = ["runtime.ts", ...(streams.length > 0 ? ["stream-runtime.ts"] : [])].map(source);
  return `// A client of ${app}, made by \`kerf export client\` from its contracts. Do not change it: make it again.
//
//   const api = connect({ baseUrl: "https://…", token: () => accessToken });
//   const { ${memberNameOf(routes[0]?.member.id ?? ".call")} } = ${groups.keys().next().value ?? "contract"}(api);

/** Of the contracts that this was made from: another hash is another API. */
export const contractsHash = "${hash}";

${body}
${parts.join("\n")}`;
}

/** A part of every client. What its parts share with each other is nobody else's. */
function source(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), "utf8")
    .replace(/^import \{[^}]*\} from "\.\/runtime\.ts";\n\n/, "")
    .replace(/^export (?=(async )?function (?!connect\b)|const |interface Place\b)/gm, "");
}

/** `catalog`; of an older version that is served beside it `catalogV1`. */
function groupName({ contract }: AnyRoute, routes: readonly AnyRoute[]): string {
  const newest = Math.max(
    ...routes.filter((other) => other.contract.name === contract.name).map((other) => other.contract.version),
  );
  return contract.version === newest ? contract.name : `${contract.name}V${contract.version}`;
}

function groupText(name: string, routes: readonly AnyRoute[]): string {
  const { contract } = routes[0]!;
  const types = routes.map((route) => typesText(typeName(name, route), route)).join("");
  const calls = routes.map((route) => callText(typeName(name, route), route)).join("");
  return `${types}/** What ${contract.name}, version ${contract.version}, can be asked. */
export function ${name}(api: Api) {
  return {
${calls}  };
}
`;
}

function typeName(group: string, { member }: AnyRoute): string {
  return capital(group) + capital(memberNameOf(member.id));
}

function typesText(name: string, { member }: AnyRoute): string {
  const errors = Object.entries(member.errors) as [string, Schema][];
  return [
    declared(`${name}Input`, typeText(jsonSchema(member.input, "input"), "input")),
    declared(`${name}Output`, typeText(jsonSchema(member.output, "output"), "output")),
    errors.length === 0
      ? ""
      : `/** Its declared errors: code to data. */\nexport interface ${name}Errors {\n${errors
          .map(([code, schema]) => `  ${code}: ${typeText(jsonSchema(schema, "output"), "output", "  ")};\n`)
          .join("")}}\n\n`,
  ].join("");
}

function declared(name: string, type: string): string {
  return type.startsWith("{") ? `export interface ${name} ${type}\n\n` : `export type ${name} = ${type};\n\n`;
}

function callText(name: string, { member, contract, method, path }: AnyRoute): string {
  const codes = Object.keys(member.errors);
  const about = [
    ...(member.description === undefined ? [] : [member.description]),
    `\`${method} ${path}\`. ${accessText(member.access!)}`,
    ...(codes.length === 0 ? [] : [`Declared errors: ${codes.join(", ")}.`]),
    ...(member.deprecated === undefined ? [] : ["@deprecated"]),
  ];
  const errors = codes.map(
    (code) => `${JSON.stringify(declaredProblemType(contract.name, code))}: ${JSON.stringify(code)}`,
  );
  const types = [`${name}Input`, `${name}Output`, codes.length === 0 ? "{}" : `${name}Errors`];
  if (member.kind !== "stream") types.push(member.kind === "command" ? "CommandOptions" : "CallOptions");
  return `${comment(about, "    ")}    ${memberNameOf(member.id)}: ${member.kind === "stream" ? "stream" : "operation"}<${types.join(", ")}>(api, {
      method: "${method}",
      path: "${path.replaceAll(/:([^/]+)/g, "{$1}")}",
      command: ${member.kind === "command"},
      errors: {${errors.length === 0 ? "" : ` ${errors.join(", ")} `}},
    }),
`;
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
