/** Where a Markdown text links to, relative targets only: a file, an anchor, or both (`cli.md#kerf-dev`). */
export function relativeLinks(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((found) => found[1]!)
    .filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors that GitHub makes of a text's headings. */
export function anchorsOf(markdown: string): Set<string> {
  return new Set(
    [...prose(markdown, false).matchAll(/^#{1,6} (.+)$/gm)].map((found) =>
      found[1]!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

/** Without code: what looks like a link there is none. */
function prose(markdown: string, spans = true): string {
  const text = markdown.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, "");
  return spans ? text.replace(/`[^`\n]*`/g, "") : text;
}
