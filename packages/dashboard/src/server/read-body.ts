import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

const MOST_BYTES = 65_536;

/** A JSON object, of at most 64 KiB where nothing else is said. @throws Refusal */
export async function readBody(
  request: IncomingMessage,
  mostBytes = MOST_BYTES,
): Promise<Readonly<Record<string, unknown>>> {
  if (request.headers["content-type"]?.split(";")[0]!.trim() !== "application/json")
    throw new Refusal(415, "the content type is application/json");
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) throw new Refusal(413, "the body is too long");
    parts.push(part);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new Refusal(400, "the body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal(400, "the body is no JSON object");
  return value as Readonly<Record<string, unknown>>;
}

/** @throws Refusal where it is there, and no text */
export function textIn(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string" || value.length > 2_000)
    throw new Refusal(400, `${name} is no text, or too long`);
  return value;
}
