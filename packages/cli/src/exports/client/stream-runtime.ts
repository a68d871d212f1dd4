import {
  DeclaredProblem,
  headersOf,
  NoAnswer,
  pause,
  pauseMs,
  Problem,
  problemOf,
  repeatable,
  requestOf,
  retryAfterMs,
  valueOf,
  type Api,
  type Declared,
  type Place,
} from "./runtime.ts";

export interface StreamOptions {
  /** Ends it; the loop then throws the signal's reason. Leaving the loop ends it as well. */
  readonly signal?: AbortSignal;
  /** How often in a row it is asked for again without an answer. Default 10; what is cut off after one does not count. */
  readonly retries?: number;
}

/**
 * Asks for a stream: `for await (const order of watch({ orderId })) …`. One that is cut off is asked for again, from where
 * it was if the stream can say where that is.
 * @throws Problem | DeclaredProblem | NoAnswer, or the reason of the signal that was given
 */
export interface Stream<Input, Output, Errors> {
  (
    ...given: {} extends Input
      ? [input?: Input, options?: StreamOptions]
      : [input: Input, options?: StreamOptions]
  ): AsyncIterable<Output>;
  /** Tells whether an error is one that this stream declares. */
  failed<Code extends keyof Errors & string>(error: unknown, code?: Code): error is Declared<Errors, Code>;
}

export function stream<Input, Output, Errors>(api: Api, place: Place): Stream<Input, Output, Errors> {
  const run = (input: unknown = {}, options: StreamOptions = {}): AsyncIterable<unknown> =>
    follow(api, place, input as { readonly [field: string]: unknown }, options);
  const failed = (error: unknown, code?: string): boolean =>
    error instanceof DeclaredProblem &&
    place.errors[error.type] === error.code &&
    (code === undefined || error.code === code);
  return Object.assign(run, { failed }) as unknown as Stream<Input, Output, Errors>;
}

async function* follow(
  api: Api,
  place: Place,
  input: { readonly [field: string]: unknown },
  { signal: asked, retries = 10 }: StreamOptions,
): AsyncGenerator<unknown> {
  const { url } = requestOf(api.baseUrl, place, input);
  const send = api.options.fetch ?? fetch;
  const seen: Seen = { id: undefined, againMs: 1_000 };
  for (let tries = 1; ; tries++) {
    const left = new AbortController();
    const signal = asked ? AbortSignal.any([asked, left.signal]) : left.signal;
    let failure: Problem | NoAnswer = new NoAnswer("network", "the stream was cut off", undefined);
    let waitMs: number | undefined;
    try {
      const headers = {
        ...(await headersOf(api.options, undefined, undefined)),
        accept: "text/event-stream",
      };
      const answer = await send(url, {
        method: place.method,
        headers: seen.id === undefined ? headers : { ...headers, "last-event-id": seen.id },
        signal,
      });
      if (answer.ok && answer.body) {
        for await (const { name, data } of eventsOf(answer.body, seen)) {
          if (name === "end") return;
          const value = JSON.parse(data) as unknown;
          if (name === "problem")
            throw problemOf((value as { status?: number }).status ?? 500, value, place, undefined);
          tries = 0;
          yield value;
        }
        // The API says when to come back.
        waitMs = seen.againMs;
      } else {
        failure = problemOf(answer.status, await valueOf(answer), place, undefined);
        if (!repeatable(answer, failure)) throw failure;
        waitMs = retryAfterMs(answer.headers.get("retry-after"));
      }
    } catch (error) {
      asked?.throwIfAborted();
      if (error instanceof Problem) throw error;
      failure = new NoAnswer(
        "network",
        `the stream was cut off: ${error instanceof Error ? error.message : String(error)}`,
        undefined,
        error,
      );
    } finally {
      left.abort();
    }
    if (tries > retries) throw failure;
    await pause(waitMs ?? Math.random() * Math.min(30_000, pauseMs.first * 2 ** tries), asked);
  }
}

interface Seen {
  /** Of the last event that had one. */
  id: string | undefined;
  againMs: number;
}

/** Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  seen: Seen,
): AsyncGenerator<{ readonly name: string; readonly data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let event = { name: "", data: [] as string[] };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines.map((each) => each.replace(/\r$/, ""))) {
      if (line === "") {
        const { name, data } = event;
        event = { name: "", data: [] };
        if (data.length > 0) yield { name, data: data.join("\n") };
        continue;
      }
      const [, field, given = ""] = /^([^:]*)(?::[ ]?(.*))?$/.exec(line)!;
      if (field === "data") event.data.push(given);
      else if (field === "event") event.name = given;
      else if (field === "id") seen.id = given;
      else if (field === "retry" && /^\d+$/.test(given)) seen.againMs = Number(given);
    }
  }
}
