export { EDGE } from "./calls.ts";
export { failureOf, type Failure } from "./failure.ts";
export type {
  Attributes,
  AttributeValue,
  Edge,
  EdgeCall,
  EdgeFacts,
  EdgeStream,
  Gauge,
  Reading,
  Span,
  SpanKind,
  SpanType,
  Telemetry,
} from "./telemetry.ts";
