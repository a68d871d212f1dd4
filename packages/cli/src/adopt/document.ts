import { readFileSync } from "node:fs";
import { readOutboundUrl } from "@kerf/runtime/outbound";
import { parse } from "yaml";
import { Failure } from "../usage.ts";

/** A JSON object of a document that somebody else wrote. */
export type Json = { readonly [key: string]: unknown };

/** An OpenAPI document and where it came from. */
export interface Source {
  readonly document: Json;
  /** The URL that it was fetched from; undefined for a file. */
  readonly url: URL | undefined;
}

const MOST_BYTES = 10 * 1_048_576;
const FETCH_MS = 30_000;

/** Reads an OpenAPI 3.0 or 3.1 document, in JSON or YAML. @throws Failure */
export async function readDocument(place: string): Promise<Source> {
  const url = /^https?:/i.test(place) ? readOutboundUrl(place, "kerf adopt openapi") : undefined;
  const text = url ? await fetched(url) : read(place);
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Failure(`${place} is neither JSON nor YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  if (!isJson(document)) throw new Failure(`${place} is no OpenAPI document: it holds no object.`);
  const version = String(document["openapi"] ?? document["swagger"] ?? "");
  if (!/^3\.[01](?:\.|$)/.test(version))
    throw new Failure(
      `${place} is ${version === "" ? "no OpenAPI document" : `OpenAPI ${version.slice(0, 20)}`}: 3.0 and 3.1 are read.`,
    );
  return { document, url };
}

function read(place: string): string {
  try {
    return readFileSync(place, "utf8");
  } catch {
    throw new Failure(`There is no file ${place}. Name an OpenAPI document, or its URL.`);
  }
}

async function fetched(url: URL): Promise<string> {
  try {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(FETCH_MS) });
    if (!answer.ok) throw new Error(`it answered with ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error(`it is over ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    const { cause, message } = error as Error;
    throw new Failure(`${url.href} cannot be read: ${cause instanceof Error ? cause.message : message}.`);
  }
}

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a key, where that is an object; an empty one else. */
export function part(value: unknown, key: string): Json {
  const found = isJson(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isJson(found) ? found : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** One step down a JSON pointer (RFC 6901). */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
