import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProviderOptions } from "./options.ts";
import { startProvider, type RunningProvider } from "./start.ts";

export const callback = "http://127.0.0.1:4000/callback";
export const afterLogout = "http://127.0.0.1:4000/";

/** A folder that is gone at the end of its scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "kerf-identity-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A provider with Alice, Olive of the office, a browser's client and a machine. */
export async function startShopProvider(
  dataDir: string,
  more: Partial<ProviderOptions> = {},
): Promise<RunningProvider & AsyncDisposable> {
  const provider = await startProvider({
    port: 0,
    audience: "shop",
    dataDir,
    log: () => {},
    people: [
      { id: "alice", name: "Alice Archer", email: "alice@example.com" },
      { id: "olive", name: 'Olive <b>"Office"</b>', roles: ["staff", "audit"] },
    ],
    clients: [
      { id: "web", name: "the shop", redirectUris: [callback], postLogoutRedirectUris: [afterLogout] },
      { id: "importer", secret: "a-secret-of-the-importer", roles: ["import"] },
    ],
    ...more,
  });
  return { ...provider, [Symbol.asyncDispose]: () => provider.close() };
}

/** A browser's cookies, and nothing else of it: follows no redirect by itself. */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  async go(url: string | URL, form?: Record<string, string>): Promise<Response> {
    const { pathname } = new URL(url);
    const response = await fetch(url, {
      redirect: "manual",
      headers: {
        // A connection that is kept may be one to a provider that has ended since.
        connection: "close",
        cookie: [...this.#cookies]
          .filter(([, { path }]) => pathname.startsWith(path))
          .map(([name, { value }]) => `${name}=${value}`)
          .join("; "),
      },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      const path = /;\s*path=([^;]+)/i.exec(line)?.[1] ?? "/";
      if (value === "") this.#cookies.delete(name!);
      else this.#cookies.set(name!, { value: value!, path });
    }
    return response;
  }

  /** Follows redirects for as long as they lead to `origin`; gives the answer, or where it is led elsewhere. */
  async follow(url: string | URL, origin: string, form?: Record<string, string>): Promise<Response | URL> {
    let response = await this.go(url, form);
    for (let steps = 0; response.status >= 300 && response.status < 400; steps++) {
      if (steps > 10) throw new Error("more than ten redirects");
      const next = new URL(response.headers.get("location")!, response.url);
      if (next.origin !== origin) return next;
      response = await this.go(next);
    }
    return response;
  }
}

/** Drives the log-in page from an authorization URL to the client's redirect URI. */
export async function logIn(
  browser: Browser,
  authorization: URL,
  person: string,
  password?: string,
): Promise<URL> {
  const page = await browser.follow(authorization, authorization.origin);
  if (page instanceof URL) return page;
  const action = /action="([^"]+)"/.exec(await page.text())?.[1];
  if (action === undefined) throw new Error(`no log-in page: ${page.status}`);
  const done = await browser.follow(new URL(action, page.url), authorization.origin, {
    person,
    ...(password === undefined ? {} : { password }),
  });
  if (done instanceof URL) return done;
  throw new Error(`not logged in: ${done.status}`);
}
