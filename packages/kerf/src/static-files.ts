import { refuse } from "./refuse.ts";

/** The files of a front end, for the gateway to serve where no route of a contract answers. */
export interface StaticFiles {
  /** The folder that holds the built files: `new URL("./web/dist/", import.meta.url)`. */
  readonly dir: URL;
  /** The page of an application that routes in the browser: what a navigation gets where there is no file. None where absent. */
  readonly fallback?: string;
  /** Where files lie whose names change with their content: kept for a year. Default `["/assets/"]`, as Vite builds them. */
  readonly immutable?: readonly string[];
  /** Sources that pages may use besides their own, by directive: `{ "img-src": ["https://images.example"] }`. */
  readonly csp?: { readonly [directive: string]: readonly string[] };
}

/** @throws DeclarationError */
export function checkStaticFiles(files: StaticFiles, place: string): void {
  if (!(files.dir instanceof URL) || files.dir.protocol !== "file:")
    refuse(`${place}.dir`, "is not a file: URL", 'write new URL("./web/dist/", import.meta.url)');
  if (files.fallback !== undefined && !/^[\w-][\w.-]*$/.test(files.fallback))
    refuse(`${place}.fallback`, `"${files.fallback}" is not the name of a file in it`, 'write "index.html"');
  for (const prefix of files.immutable ?? [])
    if (!/^\/.+\/$/.test(prefix))
      refuse(
        `${place}.immutable`,
        `"${prefix}" is not a path that begins and ends with a slash`,
        'write "/assets/"',
      );
  for (const [directive, sources] of Object.entries(files.csp ?? {})) {
    const at = `${place}.csp["${directive}"]`;
    if (!/^[a-z-]+$/.test(directive))
      refuse(at, "is not a directive", 'write its name alone, such as "img-src"');
    for (const source of sources)
      if (!/^[!-~]+$/.test(source) || /[;,]/.test(source))
        refuse(
          at,
          `"${source}" is not one source`,
          'write each on its own, such as "https://images.example"',
        );
  }
}
