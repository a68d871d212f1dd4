import type { OperationText } from "./operations.ts";
import type { Remark } from "./report.ts";
import { keyText } from "./schemas.ts";

interface Parts {
  readonly name: string;
  readonly version: number;
  readonly url: string;
  readonly auth: unknown;
  readonly constants: ReadonlyMap<string, string>;
  readonly operations: readonly OperationText[];
  readonly remarks: readonly Remark[];
}

/** Lines longer than this are broken at the fields of objects. */
const WIDTH = 100;

/** The file that is committed: a contract, and how it is asked over HTTP. All that others wrote is quoted. */
export function fileText({ name, version, url, auth, constants, operations, remarks }: Parts): string {
  const kinds = [...new Set(operations.map(({ kind }) => kind))].toSorted();
  return [
    "// Made by `kerf adopt openapi`. It is yours: read it, and change what does not fit.",
    ...(remarks.length > 0 ? ["//", "// What the document says besides:"] : []),
    ...remarks.map(({ pointer, text }) => `// - ${oneLine(pointer)} ${oneLine(text)}`),
    `import { ${["contract", "http", ...kinds].toSorted().join(", ")} } from "kerf";`,
    'import { z } from "zod";',
    "",
    ...[...constants].flatMap(([constant, text]) => [`const ${constant} = ${broken(text, 0)};`, ""]),
    `export const ${name} = contract(${JSON.stringify(name)}, {`,
    `  version: ${version},`,
    ...operations.flatMap(memberLines),
    "});",
    "",
    "/** Where it is, and how it is asked: `foreign` of the app. */",
    `export const ${name}Service = http(${name}, {`,
    `  url: ${JSON.stringify(url)},`,
    ...(auth === undefined ? [] : [`  auth: ${literal(auth)},`]),
    "  operations: {",
    ...operations.map((each) => `    ${each.name}: ${broken(literal(each.operation), 4)},`),
    "  },",
    "});",
    "",
  ].join("\n");
}

function memberLines({ name, kind, description, input, output, errors }: OperationText): string[] {
  const codes = [...errors].map(([code, text]) => `${code}: ${text}`);
  return [
    `  ${name}: ${kind}({`,
    ...(description === undefined ? [] : [`    description: ${JSON.stringify(oneLine(description))},`]),
    ...(input === undefined ? [] : [`    input: ${broken(input, 4)},`]),
    ...(output === undefined ? [] : [`    output: ${broken(output, 4)},`]),
    ...(codes.length === 0 ? [] : [`    errors: ${broken(`{ ${codes.join(", ")} }`, 4)},`]),
    "  }),",
  ];
}

function literal(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  const fields = Object.entries(value).map(
    ([key, each]) => `${/^\d+$/.test(key) ? key : keyText(key)}: ${literal(each)}`,
  );
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** No end of line may end a comment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\u2028\u2029]+/g, " ").trim();
}

/** Puts each field of the outermost object on a line of its own, where the text is too long for one. */
function broken(text: string, indent: number): string {
  if (indent + text.length <= WIDTH) return text;
  const open = text.indexOf("{ ");
  if (open === -1) return text;
  const parts: string[] = [];
  let depth = 0;
  let start = open + 2;
  for (let i = open; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === '"') i = endOfString(text, i);
    else if ("{[(".includes(letter)) depth++;
    else if ("}])".includes(letter) && --depth === 0) {
      parts.push(text.slice(start, i - 1));
      const pad = " ".repeat(indent + 2);
      const lines = parts.map((part) => `${pad}${broken(part, indent + 2)},`);
      return `${text.slice(0, open)}{\n${lines.join("\n")}\n${" ".repeat(indent)}}${text.slice(i + 1)}`;
    } else if (letter === "," && depth === 1) {
      parts.push(text.slice(start, i));
      start = i + 2;
    }
  }
  return text;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}
