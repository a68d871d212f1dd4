export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables as OpenTelemetry has them: an empty one is not set. Each throws a RangeError that names the variable. */
export class Variables {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  /** The first of them that is set, and what it says. */
  first(names: readonly string[]): { readonly name: string; readonly text: string } | undefined {
    for (const name of names) {
      const text = this.text(name);
      if (text !== undefined) return { name, text };
    }
    return undefined;
  }

  /** True only where it says so, in whatever case. */
  isTrue(name: string): boolean {
    return this.text(name)?.toLowerCase() === "true";
  }

  whole<Otherwise>(name: string, otherwise: Otherwise, least = 1): number | Otherwise {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(text) || Number(text) < least)
      throw new RangeError(`${name} is "${text}"; it is a whole number from ${least}`);
    return Number(text);
  }

  /** One of `known`, in whatever case. */
  choice<Known extends string>(name: string, known: readonly Known[], otherwise: Known): Known {
    const text = this.text(name);
    const found = text === undefined ? otherwise : known.find((one) => one === text.toLowerCase());
    if (found === undefined) throw new RangeError(`${name} is "${text}"; known are ${listed(known)}`);
    return found;
  }

  /** Some of `known`, with commas between. */
  choices<Known extends string>(name: string, known: readonly Known[]): readonly Known[] | undefined {
    return this.text(name)
      ?.split(",")
      .map((part) => {
        const found = known.find((one) => one === part.trim().toLowerCase());
        if (found === undefined)
          throw new RangeError(`${name} is "${part.trim()}"; known are ${listed(known)}`);
        return found;
      });
  }

  /** `key1=value1,key2=value2`, percent-encoded. */
  pairs(name: string): Record<string, string> {
    const pairs: Record<string, string> = {};
    for (const pair of (this.text(name) ?? "").split(",")) {
      const at = pair.indexOf("=");
      if (at < 1) continue;
      try {
        pairs[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(pair.slice(at + 1).trim());
      } catch {
        throw new RangeError(`${name} has "${pair}", which is not percent-encoded as it should be`);
      }
    }
    return pairs;
  }
}

function listed(known: readonly string[]): string {
  return known.length === 1 ? known[0]! : `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`;
}
