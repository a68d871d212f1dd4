import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

/** A file as it is sent. */
export interface ReferenceFile {
  readonly type: string;
  readonly text: string;
  /** Of a file that is large. */
  readonly gzip: Buffer | undefined;
  readonly etag: string;
}

const require = createRequire(import.meta.url);

/** A file of Swagger UI, from the package that brings it. */
export function swaggerFile(name: string, type: string): ReferenceFile {
  return fileOf(readFileSync(require.resolve(`@fastify/swagger-ui/static/${name}`), "utf8"), type);
}

export function fileOf(text: string, type: string): ReferenceFile {
  const hash = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  return { type, text, gzip: text.length < 4_096 ? undefined : gzipSync(text), etag: `"${hash}"` };
}
