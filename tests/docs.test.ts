import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { anchorsOf, relativeLinks } from "./docs/links.ts";
import { quotesOf, regionOf, regionsOf } from "./docs/quotes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
/** Files of an ending below a folder; what is installed or generated, and what is hidden, left out. */
const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });

describe("the pages quote what runs", () => {
  const pages = filesBelow("docs", ".md");
  const quotes = pages.flatMap((page) => quotesOf(read(page)).map((quote) => ({ page, ...quote })));

  test.each(quotes)("$page quotes $path#$region as it is (line $line)", ({ page, path, region, text }) => {
    const quoted = read(join(dirname(page), path));
    expect(text).toBe(regionOf(quoted, region));
  });

  test("every region of an example is quoted", () => {
    const regions = ["ts", "py"]
      .flatMap((ending) => filesBelow("docs/examples", ending))
      .flatMap((path) => regionsOf(read(path)).map((region) => `${path}#${region}`));
    const quoted = quotes.map(({ page, path, region }) => `${join(dirname(page), path)}#${region}`);
    expect(regions.length).toBeGreaterThan(10);
    expect(regions.filter((region) => !quoted.includes(region))).toEqual([]);
  });

  test("a quote that differs by a letter, or of nothing, is found", () => {
    const page = "<!-- example: a.ts#one -->\n```ts\nlet a = 1;\n```\n";
    const [quote] = quotesOf(page);
    expect(regionOf("  // #region one\n  let a = 1;\n  // #endregion\n", "one")).toBe(quote!.text);
    expect(regionOf("// #region one\nlet b = 1;\n// #endregion\n", "one")).not.toBe(quote!.text);
    expect(() => regionOf("let a = 1;\n", "one")).toThrow('no region "one"');
    expect(() => quotesOf("<!-- example: a.ts -->\nlet a = 1;\n")).toThrow("line 1");
  });
});

describe("links lead somewhere", () => {
  test.each(filesBelow(".", ".md"))("%s", (page) => {
    const broken = relativeLinks(read(page)).filter((link) => {
      const [path, anchor] = link.split("#") as [string, string | undefined];
      const target = path === "" ? join(root, page) : resolve(root, dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(read(relative(root, target))).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("a link is found, and code is not taken for one", () => {
    const page = "[a](b.md#c) [d](https://e) `[f](g)`\n```\n[h](i)\n```\n![j](k.png)";
    expect(relativeLinks(page)).toEqual(["b.md#c", "k.png"]);
    expect(anchorsOf("# The `lock` file, here\n")).toContain("the-lock-file-here");
  });
});

test("each dependency has its reason", () => {
  const page = read("docs/decisions/dependencies.md");
  const manifests = filesBelow(".", "package.json");
  const missing = manifests.flatMap((path) => {
    const manifest = JSON.parse(read(path)) as Record<string, object | undefined>;
    const names = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap(
      (kind) => Object.keys(manifest[kind] ?? {}),
    );
    return names.filter((name) => !page.includes(`\`${name}\``)).map((name) => `${path}: ${name}`);
  });
  expect(manifests.length).toBeGreaterThan(5);
  expect(missing).toEqual([]);
});
