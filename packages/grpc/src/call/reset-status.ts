import { ErrorCode, errorCodeName } from "../http2/http2-error.ts";
import { CONNECTION_LOST, NEVER_TAKEN } from "../http2/stream.ts";
import { Status, type StatusCode } from "./status.ts";

/** What an HTTP/2 error code means for a call (gRPC over HTTP/2, "HTTP2 Transport Mapping"). */
export function statusOfReset(code: number): StatusCode {
  switch (code) {
    case CONNECTION_LOST:
    case NEVER_TAKEN:
    case ErrorCode.REFUSED_STREAM:
      return Status.UNAVAILABLE;
    case ErrorCode.CANCEL:
      return Status.CANCELLED;
    case ErrorCode.ENHANCE_YOUR_CALM:
      return Status.RESOURCE_EXHAUSTED;
    case ErrorCode.INADEQUATE_SECURITY:
      return Status.PERMISSION_DENIED;
    default:
      return Status.INTERNAL;
  }
}

/** What the error of a call says about how its stream went. */
export function gone(code: number, reason: string): string {
  return code < 0 ? reason : `${reason} (${errorCodeName(code)})`;
}
