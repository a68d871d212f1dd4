import { compileValidator, readShape, type ObjectShape } from "@kerf/runtime/validate";
import { StatusError, type Actor } from "kerf";
import { deniedByIdentity, deniedByInput } from "../access.ts";
import type { Exchange } from "../exchange.ts";
import { formsOf } from "../input/fields.ts";
import { compileInput } from "../input/input.ts";
import { valueOfText } from "../input/text.ts";
import { compileProblems, invalidInput } from "../member.ts";
import type { Problem } from "../problems/problem.ts";
import type { StreamRoute } from "../routes.ts";

/** A stream that may be opened: its input is validated, its access checked. */
export interface Asked {
  readonly input: unknown;
  /** What forbids it to this person; undefined where nothing does. */
  denied(actor: Actor | undefined): Problem | undefined;
}

/** An answer as it is sent: JSON text, and where the stream can be taken up again, what it is called. */
export interface Answer {
  readonly json: string;
  readonly id: string | undefined;
}

/** What is the same for every reader of one stream. */
export interface StreamReading {
  /** `lastId` is what the client has seen last, as its Last-Event-ID says. */
  ask(
    exchange: Exchange,
    lastId: string | undefined,
  ): { readonly asked: Asked } | { readonly refused: Problem };
  /** Reduces an answer to what the contract's output allows. @throws StatusError */
  answer(output: unknown): Answer;
  problemOf(error: unknown): Problem;
}

/** @throws DeclarationError for a field that the path or query cannot carry */
export function compileReading(route: StreamRoute): StreamReading {
  const { member } = route;
  const shape = readShape(member.input, `${member.id}.input`) as ObjectShape;
  const readInput = compileInput(route, shape);
  const validate = compileValidator(member.input, { unknownFields: "reject", enums: "exact" });
  const allowed = compileValidator(member.output, { unknownFields: "drop", enums: "open" });
  const rule = member.access!;
  const { resume } = member;
  const from = resume && formsOf(shape).get(resume.from);

  return {
    ask({ parameters, query, actor: asker }, lastId) {
      const { input, violations } = readInput(parameters, query, undefined);
      // A reader that comes back repeats its first address: what it has seen since counts.
      if (from && lastId !== undefined)
        (input as Record<string, unknown>)[from.name] = valueOfText(lastId, from);
      const checked = validate(input);
      if (!checked.ok || violations.length > 0)
        return { refused: invalidInput(violations, checked.ok ? [] : checked.violations) };
      const denied = (actor: Actor | undefined): Problem | undefined =>
        deniedByIdentity(rule, actor) ??
        (typeof rule === "function" ? deniedByInput(rule, actor, checked.value) : undefined);
      const refused = denied(asker);
      return refused ? { refused } : { asked: { input, denied } };
    },
    answer(output) {
      const reduced = allowed(output);
      if (!reduced.ok)
        throw new StatusError("INTERNAL", `${member.id} answered with what is not its output`, {
          cause: reduced,
        });
      const value = reduced.value as Record<string, unknown>;
      return { json: JSON.stringify(value), id: resume ? idOf(value[resume.id]) : undefined };
    },
    problemOf: compileProblems(member),
  };
}

/** A line of an event stream: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function idOf(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text === "" || /[\0\r\n]/.test(text) ? undefined : text;
}
