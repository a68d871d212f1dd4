import { Metadata } from "./metadata.ts";
import { decodeStatus, encodeStatus, type StatusDetail } from "./status-details.ts";
import { Status, statusCode, statusName, type StatusCode, type StatusName } from "./status.ts";

export interface GrpcErrorOptions {
  /** Rich details, sent in `grpc-status-details-bin` (google.rpc.Status). */
  readonly details?: readonly StatusDetail[];
  /** Metadata of the trailers. */
  readonly metadata?: Metadata;
  readonly cause?: unknown;
  /** True when the server surely did not begin the call, so that it may be repeated whatever it does. */
  readonly notStarted?: boolean;
}

/**
 * A call that ended with another status than OK. A handler throws it to choose the status; a caller catches it.
 * DEADLINE_EXCEEDED, CANCELLED and UNAVAILABLE do not mean that nothing happened: only `notStarted` does.
 */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: StatusCode;
  readonly details: readonly StatusDetail[];
  readonly metadata: Metadata;
  readonly notStarted: boolean;

  constructor(code: StatusCode, message: string, options: GrpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
    this.metadata = options.metadata ?? new Metadata();
    this.notStarted = options.notStarted ?? false;
  }

  get status(): StatusName {
    return statusName(this.code);
  }

  /** Any thrown value as a GrpcError: one that is not is UNKNOWN with its message. */
  static from(error: unknown): GrpcError {
    if (error instanceof GrpcError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new GrpcError(Status.UNKNOWN, message, { cause: error });
  }
}

const HEX = "0123456789ABCDEF";

/** `grpc-message`: percent-encoded UTF-8 (gRPC over HTTP/2, "Status-Message"). */
export function encodeMessage(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message) && message === message.trim()) return message;
  let encoded = "";
  for (const byte of Buffer.from(message)) {
    if (byte > 0x20 && byte < 0x7f && byte !== 0x25) encoded += String.fromCharCode(byte);
    else encoded += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return encoded;
}

/** The reverse; what is not validly encoded stays as it is, so that nothing is lost. */
export function decodeMessage(encoded: string): string {
  if (!encoded.includes("%")) return encoded;
  const bytes = Buffer.alloc(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    const hex = encoded.slice(at + 1, at + 3);
    if (encoded[at] === "%" && /^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes[length++] = Number.parseInt(hex, 16);
      at += 2;
    } else bytes[length++] = encoded.charCodeAt(at);
  }
  return bytes.toString("utf8", 0, length);
}

/** The name under which rich details travel. */
export const DETAILS = "grpc-status-details-bin";

/** The error that trailers describe. */
export function errorFromTrailers(
  code: number,
  encoded: string,
  details: string | undefined,
  metadata: Metadata,
): GrpcError {
  let message = decodeMessage(encoded);
  let list: readonly StatusDetail[] = [];
  if (details !== undefined) {
    const status = decodeStatus(Buffer.from(details, "base64"));
    // Details that contradict the status are not trusted.
    if (status !== undefined && status.code === code) {
      list = status.details;
      if (message === "") message = status.message;
    }
  }
  return new GrpcError(statusCode(code), message, { details: list, metadata });
}

export function detailsField(error: GrpcError): string {
  return encodeStatus(error.code, error.message, error.details).toString("base64").replace(/=+$/, "");
}
