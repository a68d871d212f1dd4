import type { Batch, Delivered, Deliver, Group, OnProblem } from "./broker.ts";
import { StaleFenceError } from "./broker.ts";
import { LANES, laneOf } from "./lane.ts";

type Entry = Delivered & { readonly at: number };
type Lane = { /** Offset of the oldest entry kept. */ first: number; next: number; entries: Entry[] };

/** A position in one lane. A later `delivery` disowns an earlier one, as a fence does. */
export type Cursor = {
  readonly lane: number;
  next: number;
  missed: number;
  missedAt: number;
  delivery?: { readonly by: Member } | undefined;
};

/** One subscription; `home` is the broker that it was made with. */
export interface Member {
  readonly home: object;
  readonly deliver: Deliver;
  readonly onProblem: OnProblem;
  readonly controller: AbortController;
  readonly running: Set<Promise<void>>;
}

export interface Consumers {
  readonly group: Group;
  readonly cursors: readonly Cursor[];
  members: readonly Member[];
}

/** What brokers in memory share: the part that would be on a server. */
export class MemoryLog {
  readonly groups = new Map<string, Consumers>();
  readonly topics = new Map<string, Set<() => void>>();
  readonly #channels = new Map<string, Lane[]>();
  readonly #fences = new Map<string, number>();

  lanes(channel: string): readonly Lane[] {
    const lanes =
      this.#channels.get(channel) ??
      Array.from({ length: LANES }, () => ({ first: 1, next: 1, entries: [] }));
    this.#channels.set(channel, lanes);
    return lanes;
  }

  consumers(group: Group): Consumers {
    const key = groupKey(group);
    const start = (lane: Lane, i: number) => ({
      lane: i,
      next: group.from === "earliest" ? lane.first : lane.next,
      missed: 0,
      missedAt: -Infinity,
    });
    const consumers = this.groups.get(key) ?? {
      group,
      cursors: this.lanes(group.channel).map(start),
      members: [],
    };
    this.groups.set(key, consumers);
    return consumers;
  }

  append({ publisher, fence, messages }: Batch, at: number): void {
    if (fence < (this.#fences.get(publisher) ?? fence)) throw new StaleFenceError(publisher, fence);
    this.#fences.set(publisher, fence);
    for (const { channel, key, id, body } of messages) {
      const number = laneOf(key);
      const lane = this.lanes(channel)[number]!;
      lane.entries.push(Object.freeze({ channel, key, id, body, lane: number, offset: lane.next++, at }));
    }
  }

  trim(channel: string, before: number): void {
    for (const lane of this.lanes(channel)) {
      const kept = lane.entries.findIndex((entry) => entry.at >= before);
      if (kept === 0) continue;
      lane.entries = kept === -1 ? [] : lane.entries.slice(kept);
      lane.first = lane.entries[0]?.offset ?? lane.next;
    }
  }
}

export const groupKey = (group: Group): string => JSON.stringify([group.service, group.channel]);
