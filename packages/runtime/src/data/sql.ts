import type { Sql, SqlFragment } from "kerf";
import { DatabaseError } from "./errors.ts";
import { Json } from "./parameters.ts";

/** Statements of ours: text with `$1`, prepared, sent without waiting for the one before. */
export type Run = <T = Record<string, unknown>>(
  text: string,
  parameters?: readonly unknown[],
) => Promise<T[]>;

class Fragment implements SqlFragment {
  readonly text: readonly string[];
  readonly values: readonly unknown[];

  constructor(text: readonly string[], values: readonly unknown[]) {
    this.text = text;
    this.values = values;
  }
}

const fragment: Sql["fragment"] = (strings, ...values) => new Fragment(strings, values);
const json: Sql["json"] = (value) => new Json(value);

/** The tagged template over `run`; `refuse` is told of a statement that is wrong before it could be sent. */
export function sqlOn(run: Run, refuse: (error: DatabaseError) => Promise<never>): Sql {
  const sql = (strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<any[]> => {
    let built: { text: string; parameters: readonly unknown[] };
    try {
      built = statement(strings, values);
    } catch (error) {
      return refuse(error as DatabaseError);
    }
    return run(built.text, built.parameters);
  };
  return Object.assign(sql, { json, fragment });
}

/** A template is one object for the life of its module, so its text is made and checked once. */
const texts = new WeakMap<TemplateStringsArray, string>();

export function statement(
  strings: TemplateStringsArray,
  values: readonly unknown[],
): { text: string; parameters: readonly unknown[] } {
  if (!values.some((value) => value instanceof Fragment)) {
    let text = texts.get(strings);
    if (text === undefined) {
      text = strings.reduce((before, piece, i) => `${before}$${i}${piece}`);
      refuseControl(text);
      texts.set(strings, text);
    }
    return { text, parameters: values };
  }
  const parameters: unknown[] = [];
  const text = flatten(strings, values, parameters);
  refuseControl(text);
  return { text, parameters };
}

function flatten(strings: readonly string[], values: readonly unknown[], parameters: unknown[]): string {
  let text = strings[0]!;
  values.forEach((value, i) => {
    text +=
      value instanceof Fragment
        ? flatten(value.text, value.values, parameters)
        : `$${parameters.push(value)}`;
    text += strings[i + 1]!;
  });
  return text;
}

/** Leading white space and comments. */
const BLANK = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const CONTROL =
  /^(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare|copy|set\s+(?!local\b|transaction\b|constraints\b)|reset|discard|listen|unlisten)\b/i;

/**
 * The transaction belongs to the runtime, and a connection's state would leak to its next user, or to
 * somebody else's behind a pooler.
 */
function refuseControl(text: string): void {
  const command = CONTROL.exec(text.replace(BLANK, ""))?.[1];
  if (!command) return;
  const advice = /^set/i.test(command)
    ? 'Use "set local".'
    : /^savepoint|^rollback|^release/i.test(command)
      ? 'Throw to roll back all of it, or use "on conflict".'
      : "The runtime begins and ends the transaction.";
  throw new DatabaseError(
    "statement",
    `"${command.trim()}" cannot be used in a statement of a service. ${advice}`,
  );
}
