import {
  DeclaredError,
  StatusError,
  type AdaptedCall,
  type AnyCommand,
  type AnyQuery,
  type AnyStream,
  type Phases,
} from "kerf";
import { misfit } from "../call/dispatch.ts";
import { compileValidator } from "../validate/index.ts";
import type { HandlerContext } from "./context.ts";

type Handle = (input: any, context: any) => Promise<unknown>;

type StreamHandle = (input: any, context: any) => AsyncIterable<unknown>;

/**
 * The handler of an old member: that of today between two mappings. Whatever is recorded of a command is so in the old
 * form, under the old member, as a service that only knows the old version would: both may run at once.
 */
export function adaptedHandler(call: AdaptedCall, today: Handle | Phases): Handle | Phases {
  const { asked, answered, failure } = mappingOf(call);
  const adapted =
    (handle: Handle, answer: (reply: unknown, old: unknown) => unknown): Handle =>
    async (old, context: HandlerContext) => {
      context.failsAs = call.current.id;
      try {
        const reply = await handle(asked(old), context);
        if (context.made && reply === undefined) throw context.made;
        // One that made an error and answered nevertheless is told so later.
        return context.made ? reply : answer(reply, old);
      } catch (error) {
        throw failure(error);
      }
    };
  if (typeof today === "function") return adapted(today, answered);
  // What the first phase gives is for the second alone.
  return { prepare: adapted(today.prepare, (reply) => reply), handle: adapted(today.handle, answered) };
}

/** The same of a stream: each of its answers is mapped. */
export function adaptedStream(call: AdaptedCall<AnyStream>, today: StreamHandle): StreamHandle {
  const { asked, answered, failure } = mappingOf(call);
  return async function* (old, context: HandlerContext) {
    context.failsAs = call.current.id;
    try {
      for await (const answer of today(asked(old), context)) yield answered(answer, old);
      if (context.made) throw context.made;
    } catch (error) {
      throw failure(error);
    }
  };
}

interface Between {
  /** What the member of today is asked with. @throws StatusError INVALID_ARGUMENT */
  asked(old: unknown): unknown;
  answered(reply: unknown, old: unknown): unknown;
  failure(error: unknown): unknown;
}

function mappingOf(call: AdaptedCall<AnyQuery | AnyCommand | AnyStream>): Between {
  const { older, current } = call;
  const takes = compileValidator(current.input, { unknownFields: "drop", enums: "exact" });
  const gives = compileValidator(current.output, { unknownFields: "drop", enums: "exact" });
  return {
    asked(old) {
      const checked = takes(call.input ? call.input(old) : old);
      if (checked.ok) return checked.value;
      // What the old version allowed, that of today may refuse: whoever asks is told what.
      throw misfit(`${older.id}, as ${current.id} has it,`, checked.violations);
    },
    answered(reply, old) {
      const checked = gives(reply);
      if (checked.ok) return call.output ? call.output(checked.value, old) : checked.value;
      throw new Error(
        `the reply of ${current.id} does not fit its contract, and cannot be that of ${older.id}`,
      );
    },
    failure: errorsOf(call),
  };
}

/** Turns a declared error of today into what those know it as who only know the old version. */
function errorsOf({
  older,
  current,
  errors,
}: AdaptedCall<AnyQuery | AnyCommand | AnyStream>): (error: unknown) => unknown {
  const known = new Map(
    Object.entries(older.errors).map(([code, data]) => [
      code,
      compileValidator(data, { unknownFields: "drop", enums: "exact" }),
    ]),
  );
  return (error) => {
    if (!(error instanceof DeclaredError) || error.member !== current.id) return error;
    const means = errors[error.code];
    if (typeof means === "string") {
      const text = `${older.id} was refused: ${error.code}, for which its version has no error`;
      return new StatusError(means, text);
    }
    const { code, data } = means ? means(error.data) : error;
    const checked = known.get(code)?.(data);
    if (checked?.ok) return new DeclaredError(older.id, code, checked.value);
    return new Error(`${error.code} of ${current.id} cannot be the error ${code} of ${older.id}`);
  };
}
