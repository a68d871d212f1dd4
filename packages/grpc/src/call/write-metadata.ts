import type { Sender } from "../http2/sender.ts";
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
