import { DeclaredError, StatusError } from "kerf";
import type { Discovery } from "../../../packages/runtime/src/discovery/discovery.ts";
import { interrupted } from "../../../packages/runtime/src/transport/ask.ts";
import type { CallRequest, Dispatch, Transport } from "../../../packages/runtime/src/transport/transport.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

interface Listening {
  readonly process: SimProcess;
  readonly dispatch: Dispatch;
}

/** The network between simulated processes. Addresses are the names of processes: a new one takes the place of a dead one. */
export class Network {
  readonly #world: World;
  readonly #listening = new Map<string, Listening>();

  constructor(world: World) {
    this.#world = world;
  }

  listen(process: SimProcess, dispatch: Dispatch): void {
    this.#listening.set(process.name, { process, dispatch });
  }

  discovery(addresses: ReadonlyMap<string, readonly string[]>): Discovery {
    return {
      watch(unit, onChange) {
        onChange(addresses.get(unit) ?? []);
        return () => {};
      },
    };
  }

  transport(from: SimProcess): Transport {
    return {
      call: (address, request, signal) => this.#call(from, address, request, signal),
      close: async () => {},
    };
  }

  #call(from: SimProcess, address: string, request: CallRequest, signal: AbortSignal): Promise<unknown> {
    const world = this.#world;
    const { random, weather, timeline, trace } = world;
    const { member, header } = request;
    const name = `${from.name} > ${address} ${member}${header.settle ? " settle" : ""} ${header.id ?? ""}`;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(interrupted(signal, member));
      const gone = new AbortController();
      let arrivesAt = 0;
      const stop = (): void => {
        reject(interrupted(signal, member));
        // It does not overtake the call itself.
        timeline.at(Math.max(timeline.now, arrivesAt) + world.latencyMs(), () => gone.abort(signal.reason));
      };
      signal.addEventListener("abort", stop, { once: true });
      const back = (settle: () => void): void => {
        if (world.isCut(address, from.name)) return;
        timeline.after(world.latencyMs(), () =>
          from.enter(() => {
            signal.removeEventListener("abort", stop);
            settle();
          }),
        );
      };
      const broken = (why: string): void => {
        trace.add(`${name}: ${why}`);
        back(() => reject(new StatusError("UNAVAILABLE", `${address} could not be reached for ${member}`)));
      };
      // What travels is what is left of the time, and copies.
      const leftMs = header.deadlineAt - from.now();
      const body = JSON.stringify(request.input ?? null);
      const arrive = (answer: boolean) => (): void => {
        const target = this.#listening.get(address);
        if (!target?.process.alive) return answer ? broken("refused") : undefined;
        const { process, dispatch } = target;
        process.enter(() => {
          const given = { ...header, deadlineAt: process.now() + leftMs };
          const until = answer ? gone.signal : new AbortController().signal;
          dispatch({ member, input: JSON.parse(body), header: given }, until).then(
            (output) => {
              if (!answer) return;
              if (random.chance(weather.replyLost)) return broken("reply lost");
              const reply = JSON.stringify(output ?? null);
              back(() => resolve(JSON.parse(reply)));
            },
            (error: unknown) => {
              if (!answer) return;
              if (random.chance(weather.replyLost)) return broken("reply lost");
              back(() => reject(copyOf(error)));
            },
          );
        });
      };
      if (world.isCut(from.name, address)) return trace.add(`${name}: cut`);
      if (random.chance(weather.lost)) return broken("lost");
      trace.add(name);
      arrivesAt = timeline.now + world.latencyMs();
      timeline.at(arrivesAt, arrive(true));
      if (random.chance(weather.repeated)) {
        trace.add(`${name}: repeated`);
        timeline.after(world.latencyMs() + random.between(0, 6_000), arrive(false));
      }
    });
  }
}

function copyOf(error: unknown): Error {
  if (error instanceof DeclaredError)
    return new DeclaredError(error.member, error.code, structuredClone(error.data));
  const { code, message, retryAfterMs } = StatusError.from(error);
  return new StatusError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}
