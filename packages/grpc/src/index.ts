export { connect, Channel } from "./call/channel.ts";
export type { ChannelState, ConnectOptions } from "./call/connect-options.ts";
export {
  serve,
  implement,
  type Handler,
  type Handlers,
  type Implementation,
  type Server,
  type ServeOptions,
} from "./call/server.ts";
export type { ServerCall } from "./call/server-call.ts";
export type { CallOptions } from "./call/client-call.ts";
export type { BackoffOptions } from "./call/backoff.ts";
export type { ClientTls, Target } from "./call/target.ts";
export { service, unary, serverStream, clientStream, bidi } from "./call/service.ts";
export type { AnyMethod, Kind, Method, MethodShape, Service, Messages } from "./call/service.ts";
export { GrpcError, type GrpcErrorOptions } from "./call/grpc-error.ts";
export type { StatusDetail } from "./call/status-details.ts";
export { Status, statusName, type StatusCode, type StatusName } from "./call/status.ts";
export { Metadata, type MetadataInit, type MetadataValue } from "./call/metadata.ts";
export type { CallContext, Interceptor, Next } from "./call/interceptor.ts";
export { DEFAULT_LIMITS, type Limits } from "./http2/limits.ts";
export type { KeepaliveOptions } from "./http2/keepalive.ts";
export { Output } from "./http2/output.ts";
export { raw, protobufjs, type Codec, type ProtobufjsType } from "./codec/codec.ts";
export { protobuf } from "./codec/protobuf.ts";
export { message, enumeration } from "./codec/descriptor.ts";
export type { EnumType, Field, MapKeyType, MessageType, ScalarType } from "./codec/descriptor.ts";
export { health, healthService, type Health, type ServingStatus } from "./services/health.ts";
export { reflection, reflectionV1, reflectionV1Alpha } from "./services/reflection.ts";
