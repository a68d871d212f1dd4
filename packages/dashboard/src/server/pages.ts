import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import type { ServerResponse } from "node:http";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

const ABSENT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Kerf</title>
<body><h1>The dashboard's page is not built</h1><p>Run <code>npm run build -w @kerf/dashboard</code>. Meanwhile its API answers at <code>/api/</code>.</p></body></html>`;

/** Serves the built page from a folder. Paths without an extension are views of the one page. */
export async function sendPage(response: ServerResponse, folder: string, path: string): Promise<void> {
  const type = TYPES[extname(path)];
  const file = await readWithin(folder, type === undefined ? "index.html" : path);
  if (file === undefined) {
    const isView = type === undefined;
    response.writeHead(isView ? 503 : 404, { "content-type": TYPES[".html"]!, "cache-control": "no-store" });
    return void response.end(isView ? ABSENT : "");
  }
  // Vite puts a hash of what is in them into the names of these.
  const forEver = path.startsWith("/assets/");
  response.writeHead(200, {
    "content-type": type ?? TYPES[".html"]!,
    "content-length": file.length,
    "cache-control": forEver ? "public, max-age=31536000, immutable" : "no-cache",
  });
  response.end(file);
}

async function readWithin(folder: string, path: string): Promise<Buffer | undefined> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, decodeURIComponent(path)));
    return file.startsWith(root + sep) ? await readFile(file) : undefined;
  } catch {
    return undefined;
  }
}
