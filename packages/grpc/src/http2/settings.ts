import { FrameType, putFrameHeader, putUint32, uint32, FRAME_HEADER } from "./frame.ts";
import { ConnectionError, ErrorCode } from "./http2-error.ts";
import type { Output } from "./output.ts";

/** Setting identifiers (RFC 9113, section 6.5.2). */
export const Setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

const ENTRY = 6;
/** Far more than the six that exist; a frame with thousands is an attempt to keep us busy. */
const MAX_ENTRIES = 64;

export function writeSettings(
  out: Output,
  settings: readonly (readonly [id: number, value: number])[],
): void {
  const length = settings.length * ENTRY;
  out.reserve(FRAME_HEADER + length);
  putFrameHeader(out.buf, out.pos, length, FrameType.SETTINGS, 0, 0);
  out.pos += FRAME_HEADER;
  for (const [id, value] of settings) {
    out.buf[out.pos] = 0;
    out.buf[out.pos + 1] = id;
    putUint32(out.buf, out.pos + 2, value);
    out.pos += ENTRY;
  }
}

/** Calls `each` for every setting of the payload; those not listed in RFC 9113 are skipped, as it demands. */
export function readSettings(
  from: Buffer,
  start: number,
  end: number,
  each: (id: number, value: number) => void,
): void {
  if ((end - start) % ENTRY !== 0)
    throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a broken size");
  if (end - start > MAX_ENTRIES * ENTRY)
    throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many settings");
  for (let at = start; at < end; at += ENTRY) {
    const id = (from[at]! << 8) | from[at + 1]!;
    const value = uint32(from, at + 2);
    if (id === Setting.ENABLE_PUSH && value > 1) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is neither 0 nor 1");
    }
    if (id === Setting.INITIAL_WINDOW_SIZE && value > 0x7fff_ffff) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is over 2^31-1");
    }
    if (id === Setting.MAX_FRAME_SIZE && (value < 16_384 || value > 16_777_215)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE is outside 2^14 to 2^24-1");
    }
    each(id, value);
  }
}
