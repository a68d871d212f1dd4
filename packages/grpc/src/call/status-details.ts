import { Output } from "../http2/output.ts";
import { message } from "../codec/descriptor.ts";
import { protobuf } from "../codec/protobuf.ts";

/** One google.protobuf.Any of a status: a message and the URL of its type, as in `type.googleapis.com/pkg.Name`. */
export interface StatusDetail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

interface WireStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type_url: string; readonly value: Uint8Array }[];
}

const any = message("google.protobuf.Any", [
  { name: "type_url", number: 1, type: "string" },
  { name: "value", number: 2, type: "bytes" },
]);

const status = protobuf<WireStatus>(
  message("google.rpc.Status", [
    { name: "code", number: 1, type: "int32" },
    { name: "message", number: 2, type: "string" },
    { name: "details", number: 3, type: any, repeated: true },
  ]),
);

export function encodeStatus(code: number, text: string, details: readonly StatusDetail[]): Buffer {
  const out = new Output();
  status.encode(
    { code, message: text, details: details.map((one) => ({ type_url: one.typeUrl, value: one.value })) },
    out,
  );
  return Buffer.from(out.buf.subarray(0, out.pos));
}

/** The status in `bytes`; undefined when they are not one. */
export function decodeStatus(
  bytes: Buffer,
): { code: number; message: string; details: StatusDetail[] } | undefined {
  try {
    const { code, message: text, details } = status.decode(bytes, 0, bytes.length);
    return {
      code,
      message: text,
      details: details.map((one) => ({ typeUrl: one.type_url, value: one.value })),
    };
  } catch {
    return undefined;
  }
}
