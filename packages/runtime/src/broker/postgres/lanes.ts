import { crashAround } from "../../crashpoint/crashpoint.ts";
import type { Deliver, OnProblem } from "../broker.ts";
import type { KnownGroup } from "./catalogue.ts";
import type { Link } from "./link.ts";
import { beat, type Claim, leave, release } from "./membership.ts";

/** What a group's messages are for in this process. */
export interface Consumer {
  readonly group: KnownGroup;
  readonly deliver: Deliver;
}

/** A lane that this process owns, until its fence is not the newest any more. */
export interface OwnedLane {
  readonly consumer: Consumer;
  readonly lane: number;
  readonly fence: number;
  readonly controller: AbortController;
  /** The first offset that is not acknowledged; storing it may be under way. */
  next: number;
  /** What the server knows of `next`. */
  stored: number;
  /** There may be messages that were not fetched yet. */
  dirty: boolean;
  /** The delivery under way; never rejects. */
  delivery: Promise<void> | undefined;
  /** To be released as soon as it is idle. */
  leaving: boolean;
}

export interface LanesOptions {
  readonly link: Link;
  readonly leaseMs: number;
  /** A name that outlives a restart. */
  readonly replica?: string | undefined;
  readonly onProblem: OnProblem;
  /** Lanes were gained. */
  readonly onGained: () => void;
}

/** Which lanes this process owns: its membership, its lease, and the change of hands. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #wanted = new Map<number, Consumer>();
  readonly #owned = new Map<string, OwnedLane>();
  #member: number | null = null;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  get member(): number | null {
    return this.#member;
  }

  owned(): Iterable<OwnedLane> {
    return this.#owned.values();
  }

  holds(lane: OwnedLane): boolean {
    return this.#owned.get(key(lane.consumer.group.id, lane.lane)) === lane;
  }

  /** Leaves a lane to its lease: the server cannot be told. */
  forget(lane: OwnedLane): void {
    this.#owned.delete(key(lane.consumer.group.id, lane.lane));
  }

  want(consumer: Consumer): void {
    this.#wanted.set(consumer.group.id, consumer);
  }

  unwant(groupId: number): void {
    this.#wanted.delete(groupId);
  }

  /** The lane is not ours any more: what it had here is dropped, which is worth a word if that was anything. */
  lose(lane: OwnedLane): void {
    const { service, channel, id } = lane.consumer.group;
    this.#owned.delete(key(id, lane.lane));
    lane.controller.abort();
    if (lane.delivery === undefined && lane.next === lane.stored) return;
    const message = `Lane ${lane.lane} of ${channel} was taken from ${service} at work: its lease here had run out, or it was retired.`;
    this.#options.onProblem({ code: "LANE_LOST", message, service, channel, lane: lane.lane });
  }

  /** Renews the lease, takes what is ours to take, and gives away what is not. One at a time, and none too many. */
  sync(): Promise<void> {
    if (this.#current === undefined) {
      return (this.#current = this.#beat().finally(() => (this.#current = undefined)));
    }
    return (this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.sync();
      }));
  }

  async #beat(): Promise<void> {
    if (this.#wanted.size === 0 && this.#member === null) return;
    const { link, leaseMs, replica } = this.#options;
    const { member, rows } = await crashAround("broker.renew", () =>
      beat(link, this.#member, leaseMs, [...this.#wanted.keys()], replica),
    );
    this.#member = member;
    const given = [...this.#adopt(rows), ...this.#idleLeaving()];
    if (given.length > 0) await release(link, member, given);
  }

  /** Makes what we know agree with the rows; returns rows that are ours by a forgotten claim. */
  #adopt(rows: readonly Claim[]): Claim[] {
    const unwanted: Claim[] = [];
    const seen = new Set<string>();
    let gained = false;
    for (const row of rows) {
      const at = key(row.grp, row.lane);
      const held = this.#owned.get(at);
      seen.add(at);
      if (held?.fence === row.fence) {
        held.leaving = !row.keep;
        continue;
      }
      if (held !== undefined) this.lose(held);
      const consumer = this.#wanted.get(row.grp);
      if (consumer === undefined || !row.keep) {
        unwanted.push(row);
        continue;
      }
      const { lane, fence, next } = row;
      const controller = new AbortController();
      this.#owned.set(at, {
        consumer,
        lane,
        fence,
        next,
        stored: next,
        controller,
        dirty: true,
        delivery: undefined,
        leaving: false,
      });
      gained = true;
    }
    for (const [at, lane] of this.#owned) if (!seen.has(at)) this.lose(lane);
    if (gained) this.#options.onGained();
    return unwanted;
  }

  #idleLeaving(): Claim[] {
    const idle = [...this.#owned.values()].filter((lane) => lane.leaving && lane.delivery === undefined);
    return idle.map((lane) => {
      const { id } = lane.consumer.group;
      this.#owned.delete(key(id, lane.lane));
      return {
        member: this.#member!,
        grp: id,
        lane: lane.lane,
        fence: lane.fence,
        next: lane.next,
        keep: false,
      };
    });
  }

  /** Gives everything back at once. */
  async leave(): Promise<void> {
    const member = this.#member;
    if (member === null) return;
    this.#member = null;
    await leave(this.#options.link, member);
  }
}

const key = (group: number, lane: number): string => `${group}/${lane}`;
