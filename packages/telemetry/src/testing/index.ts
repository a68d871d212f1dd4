export { certificate } from "./certificate.ts";
export { otlpGrpcReceiver, type GrpcReceiver } from "./grpc-receiver.ts";
export { otlpReceiver, type Receiver } from "./receiver.ts";
export type { ReceivedLog, ReceivedMetric, ReceivedSpan } from "./received.ts";
