import type { Sender } from "../http2/sender.ts";
import { DETAILS, detailsField, encodeMessage, type GrpcError } from "./grpc-error.ts";
import type { Metadata } from "./metadata.ts";

/** Credentials, which no one on the way may put in a compression table. */
const SECRETS = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie"]);

export function writeMetadata(sender: Sender, metadata: Metadata): void {
  const wire = metadata.wire();
  const { encoder, out } = sender;
  for (let at = 0; at < wire.length; at += 2) {
    const name = wire[at]!;
    if (SECRETS.has(name)) encoder.secret(out, name, wire[at + 1]!);
    else encoder.field(out, name, wire[at + 1]!);
  }
}

/** The fields of trailers that say why a call failed. */
export function writeStatus(sender: Sender, error: GrpcError): void {
  const { encoder, out } = sender;
  encoder.field(out, "grpc-status", String(error.code));
  if (error.message !== "") encoder.field(out, "grpc-message", encodeMessage(error.message));
  if (error.details.length > 0) encoder.field(out, DETAILS, detailsField(error));
  writeMetadata(sender, error.metadata);
}
