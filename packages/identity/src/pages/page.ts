import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { style } from "./style.ts";

/** A page, ready to be sent. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface PageParts {
  readonly title: string;
  /** HTML: whatever comes from elsewhere has gone through {@link escaped}. */
  readonly body: string;
  /** Where a form may lead, besides here: Chromium holds what a form is redirected to against `form-action`. */
  readonly formTarget?: string | undefined;
  readonly script?: string;
}

const styleHash = hashOf(style);

/** Puts a page together. Nothing in it comes from elsewhere, and its policy says so. */
export function page({ title, body, formTarget, script }: PageParts): Page {
  const policy = [
    "default-src 'none'",
    // The empty icon, which keeps browsers from asking for one.
    "img-src data:",
    `style-src '${styleHash}'`,
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`]),
    `form-action 'self'${formTarget === undefined ? "" : ` ${formTarget}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
  };
}

export function sendPage(response: ServerResponse, status: number, { html, headers }: Page): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(html) }).end(html);
}

/** Text as HTML, in elements and in quoted attributes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The origin of a URL, as a source of a policy. */
export function originOf(uri: unknown): string | undefined {
  const url = typeof uri === "string" ? URL.parse(uri) : null;
  return url && /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
