import { contract, DeclaredError, StatusError, stream } from "kerf";
import { pino } from "pino";
import { z } from "zod";
import { startGateway, type EdgeWatch, type Gateway, type GatewayOptions } from "../src/index.ts";
import { identifyByName } from "./inventory.ts";

/** A contract with a stream for each thing that a gateway does with them. */
export const counters = contract("counters", {
  version: 1,
  count: stream({
    description: "Whole numbers.",
    http: "GET /numbers",
    access: "public",
    input: z.object({ after: z.int().optional(), upTo: z.int().max(1_000_000), bytes: z.int().optional() }),
    output: z.object({ n: z.int(), filling: z.string().optional() }),
    errors: { TooMany: z.object({ upTo: z.int() }) },
    resume: { id: "n", from: "after" },
  }),
  own: stream({
    http: "GET /people/:person/numbers",
    access: (input: { person: string }, { actor }) => actor?.id === input.person,
    input: z.object({ person: z.string() }),
    output: z.object({ n: z.int() }),
  }),
});

/** The streams that are open inside, and what was made for them. */
export const inside = { open: 0, made: 0 };

/** Counts; `upTo` 13 is refused at once, 14 after the first number, 15 ends its unit; negative ones never come. */
export async function* countersService({ member, input, signal }: EdgeWatch): AsyncIterable<unknown> {
  const { after = 0, upTo = -1, bytes = 0 } = input as { after?: number; upTo?: number; bytes?: number };
  inside.open++;
  try {
    if (upTo === 13) throw new DeclaredError(member.id, "TooMany", { upTo, secret: 1 });
    if (member.id === counters.own.id) yield { n: 1, secret: 2 };
    for (let n = after + 1; n <= upTo; n++) {
      if (n === 2 && upTo === 14) throw new StatusError("NOT_FOUND", "there is no such number");
      if (n === 2 && upTo === 15) throw new StatusError("UNAVAILABLE", "ask again", { retryAfterMs: 70 });
      inside.made++;
      yield { n, ...(bytes > 0 ? { filling: "x".repeat(bytes) } : {}), secret: 2 };
    }
    if (upTo < 0) await aborted(signal);
  } finally {
    inside.open--;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** A gateway of those streams on a free port. */
export function startCounters(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return startGateway({
    contracts: [counters],
    invoke: () => Promise.reject(new Error("unused")),
    watch: countersService,
    identify: identifyByName,
    app: "counting",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ready: () => true,
    ...options,
  });
}

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Reads an event stream as a browser does: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent> {
  let buffered = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    for (;;) {
      const end = buffered.indexOf("\n\n");
      if (end === -1) break;
      const lines = buffered.slice(0, end).split("\n");
      buffered = buffered.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined) yield { event: field("event") ?? "message", data, id: field("id") };
    }
  }
}
