import { escaped, page, type Page } from "./page.ts";

/** What went wrong, by its OAuth error code. */
export function failurePage(error: string, description: string | undefined): Page {
  return page({
    title: "That did not work",
    body: `<h1>That did not work</h1>
<p>${escaped(description ?? "The request cannot be answered.")}</p>
<p><code>${escaped(error)}</code></p>
<p>Go back to where you came from, and try again.</p>`,
  });
}
