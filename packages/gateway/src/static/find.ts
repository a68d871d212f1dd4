import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

/** A file that may be sent. */
export interface Found {
  readonly path: string;
  readonly stat: Stats;
  /** How it was compressed before; undefined where it was not. */
  readonly encoding: "br" | "gzip" | undefined;
}

/** Names that begin with a dot are nobody's business, but for what RFC 8615 puts there. */
const hidden = /(?:^|\/)\.(?!well-known\/)/;

/**
 * Looks for the file of a request's path, or for one beside it that is compressed as the client accepts.
 * @param path as in the request's target, so percent-encoded; a path that ends with a slash means its index.html
 */
export async function findFile(root: string, path: string, accepted: string): Promise<Found | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (hidden.test(decoded) || /[\0\\]/.test(decoded)) return undefined;
  const file = join(root, decoded.endsWith("/") ? `${decoded}index.html` : decoded);
  if (!file.startsWith(root + sep)) return undefined;
  const plain = await regularFile(root, file);
  if (plain === undefined) return undefined;
  for (const [encoding, extension] of compressions) {
    if (!accepts(accepted, encoding)) continue;
    const compressed = await regularFile(root, file + extension);
    if (compressed) return { path: file + extension, stat: compressed, encoding };
  }
  return { path: file, stat: plain, encoding: undefined };
}

const compressions = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

function accepts(header: string, encoding: string): boolean {
  return header.split(",").some((each) => {
    const [name, weight] = each.split(";").map((part) => part.trim());
    return name === encoding && !/^q=0(?:\.0*)?$/.test(weight ?? "");
  });
}

/** A link that leads out of the folder shows what nobody meant to publish. */
async function regularFile(root: string, file: string): Promise<Stats | undefined> {
  try {
    const [found, real] = await Promise.all([stat(file), realpath(file)]);
    return found.isFile() && real.startsWith(root + sep) ? found : undefined;
  } catch {
    return undefined;
  }
}
