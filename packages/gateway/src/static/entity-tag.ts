import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";

/** What is remembered of a folder: files that come and go must not fill the memory. */
const MOST_TAGS = 1_000;

/**
 * Tells the strong ETag of a file, by its content. Images are often built with all times set to one moment, so that two
 * versions of a page may have the same time and length: a tag of these two would keep the old one in browsers for ever.
 */
export function entityTags(): (path: string, stat: Stats) => Promise<string> {
  const known = new Map<string, { readonly version: string; readonly tag: Promise<string> }>();
  return (path, stat) => {
    const version = `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    const before = known.get(path);
    if (before?.version === version) return before.tag;
    if (known.size >= MOST_TAGS) known.clear();
    const tag = digest(path);
    known.set(path, { version, tag });
    tag.catch(() => known.delete(path));
    return tag;
  };
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}

/** Weak comparison (RFC 9110 section 13.1.2): proxies that compress make a tag weak. */
export function matches(ifNoneMatch: string, tag: string): boolean {
  return (
    ifNoneMatch === "*" || ifNoneMatch.split(",").some((each) => each.trim().replace(/^W\//, "") === tag)
  );
}
