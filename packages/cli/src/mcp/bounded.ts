/** Of one answer, in characters of JSON: an assistant pays for each. */
export const MOST = 24_000;
const LONGEST_TEXT = 2_000;

/**
 * An object small enough for an answer. Long texts are cut; of the lists that take most room the later half goes, again and
 * again. What was left out stands in `leftOut`, by where it was.
 */
export function bounded(value: object, most = MOST): object {
  const leftOut = new Map<string, string>();
  let whole = cutTexts(value, LONGEST_TEXT) as Record<string, unknown>;
  const lists = new Map<string, number>();
  while (JSON.stringify(whole).length > most) {
    const largest = listsIn(whole, "").toSorted((a, b) => b.size - a.size)[0];
    if (!largest) {
      whole = cutTexts(whole, 200) as Record<string, unknown>;
      leftOut.set("texts", "Texts of over 200 characters are cut.");
      break;
    }
    const { path, list } = largest;
    if (!lists.has(path)) lists.set(path, list.length);
    list.splice(Math.floor(list.length / 2));
    leftOut.set(
      path,
      `The first ${list.length} of ${lists.get(path)} are here. Ask for less to see all of it.`,
    );
  }
  return leftOut.size === 0 ? whole : { ...whole, leftOut: Object.fromEntries(leftOut) };
}

interface Found {
  readonly path: string;
  readonly list: unknown[];
  readonly size: number;
}

/** Lists that can be cut: with more than one item. */
function listsIn(value: unknown, path: string): Found[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, one]) =>
    listsIn(one, path === "" ? name : `${path}.${name}`),
  );
  if (!Array.isArray(value) || value.length < 2) return inside;
  return [{ path, list: value, size: JSON.stringify(value).length }, ...inside];
}

/** A copy whose texts are no longer than that. */
function cutTexts(value: unknown, most: number): unknown {
  if (typeof value === "string")
    return value.length > most ? `${value.slice(0, most)}… (${value.length - most} characters more)` : value;
  if (Array.isArray(value)) return value.map((item) => cutTexts(item, most));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cutTexts(one, most)]));
}
