import type { EdgeFacts } from "@kerf/runtime/telemetry";
import { EdgeCounts } from "./edge-counts.ts";

/** Edges that are told apart. An application has as many as it has uses; a mistake must not fill the memory. */
const edgesAtMost = 5_000;

const overflow = "_OTHER";

/** All edges of a process, bounded. */
export class EdgeRegistry {
  readonly #edges = new Map<string, EdgeCounts>();
  #overflow: EdgeCounts | undefined;
  readonly #payloads: boolean;
  readonly #most: number;

  constructor(payloads = false, most = edgesAtMost) {
    this.#payloads = payloads;
    this.#most = most;
  }

  /** Those of the same facts are counted together. */
  of(facts: EdgeFacts): EdgeCounts {
    const key = `${facts.caller} ${facts.member} ${facts.local}`;
    let counts = this.#edges.get(key);
    if (counts !== undefined) return counts;
    if (this.#edges.size >= this.#most) return (this.#overflow ??= new EdgeCounts(beyond(facts)));
    this.#edges.set(key, (counts = new EdgeCounts(facts, this.#payloads)));
    return counts;
  }

  get all(): readonly EdgeCounts[] {
    return this.#overflow ? [...this.#edges.values(), this.#overflow] : [...this.#edges.values()];
  }
}

function beyond(facts: EdgeFacts): EdgeFacts {
  return { ...facts, caller: overflow, callee: overflow, member: overflow };
}
