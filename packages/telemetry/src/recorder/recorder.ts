import type { Edge, EdgeFacts, Reading, Span, SpanType, Telemetry } from "@kerf/runtime/telemetry";
import { EdgeRegistry } from "../metrics/edge-registry.ts";
import type { EdgeCounts } from "../metrics/edge-counts.ts";
import { contextLength, contextMaker } from "./ids.ts";
import {
  CountedCall,
  CountedStream,
  PlainSpan,
  RecordedCall,
  RecordedStream,
  type SpanRecord,
} from "./record.ts";
import type { Sampler } from "./sampler.ts";
import type { Traces } from "./trace.ts";

export interface RecorderOptions {
  readonly sampler: Sampler;
  /** Where spans go; where absent, calls are counted and no span is made. */
  readonly traces: Traces<SpanRecord> | undefined;
  readonly edges: EdgeRegistry;
  readonly enter?: Telemetry["enter"];
  readonly baggage?: Telemetry["baggage"];
  readonly baggageLeaves?: boolean;
}

/** Records what units and gateways tell. */
export class Recorder implements Telemetry {
  readonly #traces: Traces<SpanRecord> | undefined;
  readonly #edges: EdgeRegistry;
  readonly #reads = new Set<() => Iterable<Reading>>();
  readonly root: () => string;
  readonly enter: Telemetry["enter"];
  readonly baggage: Telemetry["baggage"];
  readonly baggageLeaves: boolean;
  readonly spans: boolean;

  constructor({ sampler, traces, edges, enter, baggage, baggageLeaves = false }: RecorderOptions) {
    this.root = contextMaker(sampler.chooses);
    this.#traces = traces;
    this.spans = traces !== undefined;
    this.#edges = edges;
    this.enter = enter;
    this.baggage = baggage;
    this.baggageLeaves = baggageLeaves;
  }

  begin<About>(type: SpanType<About>, about: About, parent: string): Span {
    if (this.#traces === undefined) return { traceparent: parent, end: nothing };
    if (parent.length !== contextLength) return this.beginRoot(type, about, this.root());
    return new PlainSpan(type, about, this.#traces.enter(parent), parent);
  }

  beginRoot<About>(type: SpanType<About>, about: About, root: string): Span {
    if (this.#traces === undefined) return { traceparent: root, end: nothing };
    return new PlainSpan(type, about, this.#traces.begin(root), undefined, root);
  }

  edge(facts: EdgeFacts): Edge {
    const counts = this.#edges.of(facts);
    const traces = this.#traces;
    return traces === undefined ? countedEdge(counts) : recordedEdge(counts, traces, this.root);
  }

  observe(read: () => Iterable<Reading>): () => void {
    this.#reads.add(read);
    return () => this.#reads.delete(read);
  }

  /** What everybody who is asked says now. */
  *readings(): Iterable<Reading> {
    for (const read of this.#reads) yield* read();
  }
}

function countedEdge(counts: EdgeCounts): Edge {
  return {
    begin: (parent) => new CountedCall(counts, parent),
    watch: (parent) => new CountedStream(counts, parent),
  };
}

function recordedEdge(counts: EdgeCounts, traces: Traces<SpanRecord>, root: () => string): Edge {
  return {
    begin(given) {
      const parent = given.length === contextLength ? given : root();
      return new RecordedCall(counts, traces.enter(parent), parent);
    },
    watch(given) {
      const parent = given.length === contextLength ? given : root();
      return new RecordedStream(counts, traces.enter(parent), parent);
    },
  };
}

function nothing(): void {}
