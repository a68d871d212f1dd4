import { Refusal } from "./refusal.ts";

/** What stands behind the `?` of a request. */
export class Parameters {
  readonly #given: URLSearchParams;

  constructor(search: URLSearchParams) {
    this.#given = search;
  }

  text(name: string): string | undefined {
    const value = this.#given.get(name)?.trim();
    if (value !== undefined && value.length > 2_000) throw new Refusal(400, `${name} is too long`);
    return value || undefined;
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const read = Number(value);
    if (!Number.isFinite(read) || read < 0)
      throw new Refusal(400, `${name} is "${value}", and no number from 0`);
    return read;
  }

  oneOf<T extends string>(name: string, all: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value !== undefined && !all.includes(value as T))
      throw new Refusal(400, `${name} is "${value}", and none of ${all.join(", ")}`);
    return value as T | undefined;
  }

  all(name: string): string[] {
    return this.#given.getAll(name).filter(Boolean).slice(0, 8);
  }

  /** From a minute to a day. Default 5 minutes. */
  windowMs(): number {
    return Math.min(86_400_000, Math.max(10_000, this.number("windowMs") ?? 300_000));
  }
}

/** Leaves out what was not given. */
export function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
