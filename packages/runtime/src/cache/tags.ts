import { describe, typesOf, type AnyContract, type AnyEvent, type AnyQuery } from "kerf";
import type { Envelope } from "../events/envelope.ts";
import { eventReader } from "../events/read-event.ts";

/**
 * Names what makes answers of a query old. All have `"catalog@1.price|"`. For each rule there is one more: with the values
 * of the input that an event is matched by, `'catalog@1.price|0|["KG1001"]'`, or without them where the input lacks any.
 */
export function tagsOf(member: AnyQuery): (input: unknown) => readonly string[] {
  const all = `${member.id}|`;
  const rules = member.cache!.invalidate.map(({ match }) => Object.keys(match).toSorted());
  return (input) => {
    const tags = [all];
    for (const [at, fields] of rules.entries()) {
      if (fields.length === 0) continue;
      tags.push(
        ruleTag(
          all,
          at,
          fields.map((field) => (input as Record<string, unknown>)[field]),
        ),
      );
    }
    return tags;
  };
}

function ruleTag(all: string, rule: number, values: readonly unknown[]): string {
  return `${all}${rule}|${values.includes(undefined) ? "" : JSON.stringify(values)}`;
}

/** What an event makes old. */
type TagsOfEvent = (data: Record<string, unknown>) => readonly string[];

/** By the id of the event, those under earlier names too. */
export class EventTags {
  readonly #byType = new Map<string, { readonly event: AnyEvent; readonly tags: TagsOfEvent[] }>();

  constructor(contracts: readonly AnyContract[]) {
    for (const contract of contracts)
      for (const member of describe(contract).members.values())
        if (member.kind === "query" && member.cache) this.#add(member);
  }

  /** Whether an event makes any answer old. */
  has(type: string): boolean {
    return this.#byType.has(type);
  }

  get any(): boolean {
    return this.#byType.size > 0;
  }

  /** Of an event as its code of today states it. */
  ofData(type: string, data: unknown): readonly string[] {
    return this.#byType.get(type)?.tags.flatMap((tags) => tags(data as Record<string, unknown>)) ?? [];
  }

  /** Of a message, which may be older or newer than this process: where it cannot be read, everything is old. */
  ofMessage({ type, version, data }: Envelope): readonly string[] {
    const found = this.#byType.get(type);
    if (!found) return [];
    try {
      const read = eventReader(found.event)({ type, version, data });
      return found.tags.flatMap((tags) => tags(read));
    } catch {
      return found.tags.flatMap((tags) => tags({}));
    }
  }

  #add(member: AnyQuery): void {
    for (const [at, { event, match }] of member.cache!.invalidate.entries()) {
      const tags = tagsOfEvent(`${member.id}|`, at, match);
      for (const type of typesOf(event)) {
        const known = this.#byType.get(type);
        if (known) known.tags.push(tags);
        else this.#byType.set(type, { event, tags: [tags] });
      }
    }
  }
}

/** More than so many values in one event are all answers. */
const MOST_VALUES = 1_000;

function tagsOfEvent(all: string, rule: number, match: Readonly<Record<string, string>>): TagsOfEvent {
  const fields = Object.keys(match).toSorted();
  if (fields.length === 0) return () => [all];
  const anyValue = ruleTag(all, rule, [undefined]);
  return (data) => {
    let rows: unknown[][] = [[]];
    for (const field of fields) {
      const value = data[match[field]!];
      if (value === undefined) return [all];
      const values = Array.isArray(value) ? value : [value];
      rows = rows.flatMap((row) => values.map((one) => [...row, one]));
      if (rows.length > MOST_VALUES) return [all];
    }
    return [anyValue, ...rows.map((row) => ruleTag(all, rule, row))];
  };
}
