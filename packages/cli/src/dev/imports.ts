import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const blank = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const staticImport = /\b(?:import|export)\s+(?!type\b)(?:[\w*{}\s,$]+?\s*from\s*)?["']([^"']+)["']/g;
const anyImport = /\bimport\s*\(\s*["']([^"']+)["']/g;

/**
 * The project's own files that `entry` imports, directly or not, itself included. Read from the text, so that it also
 * works for code that does not compile at the moment. `dynamic`: `import("…")` counts too.
 */
export function importsOf(entry: string, { dynamic = true }: { dynamic?: boolean } = {}): Set<string> {
  const seen = new Set<string>();
  const todo = [entry];
  while (todo.length > 0) {
    const file = todo.pop()!;
    if (seen.has(file)) continue;
    seen.add(file);
    todo.push(...relativeImports(file, dynamic));
  }
  return seen;
}

function relativeImports(file: string, dynamic: boolean): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8").replaceAll(blank, "");
  } catch {
    return [];
  }
  return [staticImport, ...(dynamic ? [anyImport] : [])]
    .flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!))
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => resolve(dirname(file), specifier))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

/** The file that a lazy import in kerf.config.ts names: `() => import("./services/orders/service.ts")`. */
export function importedBy(load: () => unknown, folder: string): string | undefined {
  const found = /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/.exec(String(load));
  return found?.[1]?.startsWith(".") ? resolve(folder, found[1]) : undefined;
}
