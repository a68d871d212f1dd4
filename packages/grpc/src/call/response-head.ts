import { isGrpc } from "./request-head.ts";
import { Status, type StatusCode } from "./status.ts";

/** What a header block of a response says; trailers alone count as both. */
export interface ResponseHead {
  /** HTTP status; 0 in trailers. */
  readonly httpStatus: number;
  readonly contentType: string;
  readonly encoding: string | undefined;
  /** `grpc-status`; undefined when it is not there. */
  readonly status: number | undefined;
  readonly message: string;
  readonly details: string | undefined;
  readonly metadata: string[] | undefined;
}

/** Reads a response's fields; undefined when they break RFC 9113, section 8.3. */
export function readResponseHead(fields: readonly string[], count: number): ResponseHead | undefined {
  let httpStatus = 0;
  let contentType = "";
  let encoding: string | undefined;
  let status: number | undefined;
  let message = "";
  let details: string | undefined;
  let metadata: string[] | undefined;
  for (let at = 0; at < count; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    if (name === ":status") {
      if (at > 0 || !/^\d{3}$/.test(value)) return undefined;
      httpStatus = Number(value);
    } else if (name === "content-type") contentType = value;
    else if (name === "grpc-status")
      status = value === "0" ? 0 : /^\d{1,4}$/.test(value) ? Number(value) : Status.UNKNOWN;
    else if (name === "grpc-message") message = value;
    else if (name === "grpc-encoding") encoding = value;
    else if (name === "grpc-status-details-bin") details = value;
    else if (name.charCodeAt(0) === 0x3a) return undefined;
    else if (name !== "grpc-accept-encoding") (metadata ??= []).push(name, value);
  }
  return { httpStatus, contentType, encoding, status, message, details, metadata };
}

/** The status for an answer that is HTTP but not gRPC (grpc/doc/http-grpc-status-mapping.md); undefined for gRPC. */
export function statusOfHttp(head: ResponseHead): { code: StatusCode; reason: string } | undefined {
  const { httpStatus, contentType } = head;
  if (httpStatus === 200 && isGrpc(contentType)) return undefined;
  if (httpStatus === 200)
    return {
      code: Status.UNKNOWN,
      reason: `the answer has the content-type "${contentType}", not application/grpc`,
    };
  return {
    code: HTTP_STATUS[httpStatus] ?? Status.UNKNOWN,
    reason: `the answer is HTTP ${httpStatus}, not gRPC`,
  };
}

const HTTP_STATUS: Readonly<Record<number, StatusCode>> = {
  400: Status.INTERNAL,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.UNIMPLEMENTED,
  429: Status.UNAVAILABLE,
  502: Status.UNAVAILABLE,
  503: Status.UNAVAILABLE,
  504: Status.UNAVAILABLE,
};
