import { StatusError, type Actor } from "kerf";
import type { Identify, Credentials } from "../identity/credentials.ts";
import type { GatewayOptions } from "../options.ts";
import type { Problem } from "../problems/problem.ts";
import type { StreamRoute } from "../routes.ts";
import type { Answer, Asked, StreamReading } from "./asked.ts";
import type { OpenStreams } from "./open-streams.ts";

/** How a stream came to its end. `again`: it should be asked for again, in so many ms. */
export type Ending =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly inMs: number }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Where the answers of a stream go: one for each way to carry them. */
export interface Reader {
  /** Sends one answer; resolves when there is room for the next. */
  send(answer: Answer): Promise<void>;
  /** Says that the stream lives. */
  beat(): void;
  /** Says how it ended. */
  end(ending: Ending): void;
}

export interface Following {
  readonly route: StreamRoute;
  readonly reading: StreamReading;
  readonly watch: NonNullable<GatewayOptions["watch"]>;
  readonly open: OpenStreams;
  readonly identify: Identify | undefined;
  readonly firstMs: number;
}

export interface Follower {
  readonly asked: Asked;
  readonly caller: string;
  readonly actor: Actor | undefined;
  readonly credentials: Credentials;
  readonly traceparent: string;
}

const leftMessage = "the reader went away";

/**
 * Reads a stream for one client. `begin` makes its reader when the first answer is there or is slow to come; a refusal
 * until then goes to `refuse`. Gives what tells that the client left.
 */
export function follow(
  { route, reading, watch, open, identify, firstMs }: Following,
  { asked, caller, actor, credentials, traceparent }: Follower,
  begin: () => Reader,
  refuse: (found: Problem) => void,
): () => void {
  const leaving = new AbortController();
  let reader: Reader | undefined;
  let quiet = true;
  const end = (reason: StatusError): void => leaving.abort(reason);
  const begun = (): Reader => {
    clearTimeout(slow);
    return (reader ??= begin());
  };
  const leave = open.enter(caller, {
    end,
    beat() {
      if (quiet) reader?.beat();
      quiet = true;
    },
    check() {
      if (identify !== undefined) void recheck(identify);
    },
  });
  const slow = setTimeout(begun, firstMs);
  void run();
  return () => end(new StatusError("CANCELLED", leftMessage));

  async function run(): Promise<void> {
    const { signal } = leaving;
    let ending: Ending;
    try {
      for await (const output of watch({
        member: route.member,
        input: asked.input,
        actor,
        traceparent,
        signal,
      })) {
        quiet = false;
        await begun().send(reading.answer(output));
        signal.throwIfAborted();
      }
      ending = { kind: "done" };
    } catch (error) {
      ending = endingOf(error);
    } finally {
      clearTimeout(slow);
      leave();
      // Whatever goes wrong on this side, nobody reads any more.
      end(new StatusError("CANCELLED", leftMessage));
    }
    if (reader !== undefined) reader.end(ending);
    else if (ending.kind === "problem") refuse(ending.problem);
    else begun().end(ending);
  }

  function endingOf(error: unknown): Ending {
    const again = error instanceof StatusError && error.code === "UNAVAILABLE";
    // Before the first answer it is an answer like any other: 503, with the time to wait.
    if (again && reader !== undefined) return { kind: "again", inMs: Math.ceil(error.retryAfterMs ?? 1_000) };
    return { kind: "problem", problem: reading.problemOf(error) };
  }

  /** A token runs out, a key is revoked, a role is taken away: what was begun does not outlive it. */
  async function recheck(who: Identify): Promise<void> {
    try {
      const now = await who(credentials);
      if (now?.id !== actor?.id) throw new StatusError("UNAUTHENTICATED", "who reads is not known any more");
      if (asked.denied(now) !== undefined)
        end(new StatusError("PERMISSION_DENIED", "who reads may not any more"));
    } catch (error) {
      const known = StatusError.from(error);
      // That it cannot be found out now says nothing about who reads.
      if (known.code === "UNAUTHENTICATED") end(known);
    }
  }
}
