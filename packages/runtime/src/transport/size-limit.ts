import { type DeclaredError, StatusError } from "kerf";
import { MAX_MESSAGE_BYTES, type MessageCodec, MessageTooLarge } from "../proto/index.ts";
import { MAX_ERROR_BYTES } from "./limits.ts";
import type { FindCodec } from "./method-codecs.ts";
import { sizeBound } from "./size-bound.ts";
import { errorTooLarge } from "./status-details.ts";

/** What may travel: the same whether a call crosses a process or not. */
export interface SizeLimits {
  /** @throws StatusError RESOURCE_EXHAUSTED */
  refuseLarge(value: unknown, what: "input" | "reply", member: string): void;
  /** The error, or what stands for one that is too large. */
  bounded(error: DeclaredError): DeclaredError | StatusError;
}

/** Limits of the encoded messages, also where nothing is encoded: without codecs those of the JSON. */
export function sizeLimits(codecs: (() => FindCodec) | undefined): SizeLimits {
  return {
    refuseLarge(value, what, member) {
      const codec = (): MessageCodec | undefined =>
        codecs?.()(member)[what === "input" ? "request" : "response"];
      if (!isOver(MAX_MESSAGE_BYTES, value, codec)) return;
      throw new StatusError(
        "RESOURCE_EXHAUSTED",
        `the ${what} of ${member} ${new MessageTooLarge().message}`,
      );
    },
    bounded(error) {
      const { member, code, data } = error;
      const codec = (): MessageCodec | undefined => codecs?.()(member).errors.get(code);
      return isOver(MAX_ERROR_BYTES, data, codec) ? errorTooLarge(member, code) : error;
    },
  };
}

/** Measures exactly only what may be too large. */
function isOver(limit: number, value: unknown, codec: () => MessageCodec | undefined): boolean {
  if (sizeBound(value) <= limit) return false;
  const exact = codec();
  if (!exact) return Buffer.byteLength(JSON.stringify(value)) > limit;
  try {
    return exact.encode(value).length > limit;
  } catch (error) {
    if (error instanceof MessageTooLarge) return true;
    throw error;
  }
}
