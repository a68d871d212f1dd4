/**
 * A fenced block below a line `<!-- example: path#region -->` quotes a file: `path` is relative to the page, and `region`
 * is what stands between `#region name` and the next `#endregion`, without its indentation; the whole file where there
 * is no region.
 */
export interface Quote {
  readonly path: string;
  readonly region: string | undefined;
  readonly text: string;
  /** Of the comment, from 1. */
  readonly line: number;
}

const comment = /^<!-- example: ([^\s#]+)(?:#([\w-]+))? -->$/;

/** The quotes of a page. @throws where no fenced block follows the comment */
export function quotesOf(page: string): Quote[] {
  const lines = page.split("\n");
  return lines.flatMap((line, index): Quote[] => {
    const found = comment.exec(line);
    if (!found) return [];
    const end = lines.indexOf("```", index + 2);
    if (!lines[index + 1]?.startsWith("```") || end < 0)
      throw new Error(`line ${index + 1}: no fenced block follows ${line}`);
    const text = lines.slice(index + 2, end).join("\n");
    return [{ path: found[1]!, region: found[2], text, line: index + 1 }];
  });
}

/** The names of the regions of a file. */
export function regionsOf(file: string): string[] {
  return [...file.matchAll(/#region ([\w-]+)$/gm)].map((found) => found[1]!);
}

/** A region of a file, or all of it. @throws where it has none of that name */
export function regionOf(file: string, region: string | undefined): string {
  if (region === undefined) return file.trimEnd();
  const lines = file.split("\n");
  const from = lines.findIndex((line) => line.endsWith(`#region ${region}`));
  const to = lines.findIndex((line, index) => index > from && line.endsWith("#endregion"));
  if (from < 0 || to < 0) throw new Error(`there is no region "${region}"`);
  const inside = lines.slice(from + 1, to);
  const indent = Math.min(
    ...inside.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)![0].length),
  );
  return inside.map((line) => line.slice(indent)).join("\n");
}
