const ages = new WeakMap<object, number>();

/** Notes with a reply for how long it was kept. A value that is no object has no room for a note. */
export function remember<T>(value: T, ageMs: number): T {
  if (typeof value === "object" && value !== null) ages.set(value, ageMs);
  return value;
}

/** For how long a reply of this process was kept, in milliseconds; undefined where it is not from a cache of this process. */
export function ageOf(value: unknown): number | undefined {
  return typeof value === "object" && value !== null ? ages.get(value) : undefined;
}
