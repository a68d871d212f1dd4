import { z } from "zod";
import type { AccessRule } from "./access.ts";
import { readDeprecated, type DeprecatedSpec, type Deprecation } from "./deprecated.ts";
import type { Limit } from "./limit.ts";
import { readStreamObjective, type Objective, type StreamObjectiveSpec } from "./objective.ts";
import { refuse } from "./refuse.ts";
import { fieldNames, type ErrorSchemas, type Given, type Schema, type Taken } from "./schema.ts";

/** `"GET /orders/:orderId/watch"`: a stream is only ever got. */
export type StreamRoute = `GET /${string}`;

/** How a client that was cut off goes on: `id` is the field that names each answer, `from` the input that takes the last one seen. */
export interface Resume<Id extends string = string, From extends string = string> {
  readonly id: Id;
  readonly from: From;
}

/** A question that is answered many times: changes nothing, and may be asked again where it was cut off. */
export interface Stream<Id extends string, I extends Schema, O extends Schema, E extends ErrorSchemas> {
  readonly kind: "stream";
  readonly id: Id;
  readonly input: I;
  /** Of each answer. */
  readonly output: O;
  readonly errors: E;
  readonly http: StreamRoute | undefined;
  readonly access: AccessRule | undefined;
  readonly limit: Limit | undefined;
  readonly deprecated: Deprecation | undefined;
  readonly objective: Objective | undefined;
  readonly description: string | undefined;
  readonly resume: Resume | undefined;
}

export type AnyStream = Stream<string, Schema, Schema, ErrorSchemas>;

type NoErrors = Record<never, never>;
type Nothing = z.ZodObject<NoErrors>;
type Exposure =
  | { readonly http: StreamRoute; readonly access: AccessRule }
  | { readonly http?: undefined; readonly access?: AccessRule };

/**
 * Declares a question that is answered many times. Its handler is an async generator. `resume` names the field of each
 * answer that tells where the reader is, and the optional field of the input that takes it to go on from there.
 */
export function stream<
  I extends Schema = Nothing,
  O extends Schema = Nothing,
  E extends ErrorSchemas = NoErrors,
>(
  spec: Exposure & {
    readonly input?: I;
    readonly output?: O;
    readonly errors?: E;
    readonly description?: string;
    readonly limit?: Limit;
    readonly deprecated?: DeprecatedSpec;
    /** What it promises its callers; where absent, the availability of its contract. */
    readonly objective?: StreamObjectiveSpec;
    readonly resume?: Resume<keyof Taken<O> & string, keyof Given<I> & string>;
  },
): Stream<"", I, O, E> {
  const { http, access, limit, description, resume } = spec;
  const input = spec.input ?? (z.object({}) as unknown as I);
  const output = spec.output ?? (z.object({}) as unknown as O);
  if (resume) checkResume(resume, input, output);
  const errors = spec.errors ?? ({} as E);
  const deprecated = readDeprecated(spec.deprecated, "deprecated");
  const objective = readStreamObjective(spec.objective, "objective");
  return {
    kind: "stream",
    id: "",
    input,
    output,
    errors,
    http,
    access,
    limit,
    deprecated,
    objective,
    description,
    resume,
  };
}

function checkResume({ id, from }: Resume, input: Schema, output: Schema): void {
  const mend = "write { id: a field of its output, from: an optional field of its input }";
  if (!(fieldNames(output) ?? [id]).includes(id))
    refuse(`stream({ resume: { id: "${id}" } })`, `"${id}" is not a field of its output`, mend);
  if (!(fieldNames(input) ?? [from]).includes(from))
    refuse(`stream({ resume: { from: "${from}" } })`, `"${from}" is not a field of its input`, mend);
}
