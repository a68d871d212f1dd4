import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errors, Provider } from "oidc-provider";
import { countAttempts } from "./attempts.ts";
import { tokenByHand } from "./by-hand.ts";
import { configurationOf } from "./configuration.ts";
import { readKeys, rotateKeys } from "./keys.ts";
import { logInWith } from "./log-in.ts";
import { checkOptions, type ProviderOptions } from "./options.ts";
import { failurePage } from "./pages/failure.ts";
import { sendPage } from "./pages/page.ts";
import { openStore } from "./store.ts";

const ROTATE_AFTER_MS = 30 * 86_400_000;
const LOOK_EVERY_MS = 3_600_000;

/** Refused token requests of one address within five minutes: secrets, codes and refresh tokens that are guessed. */
const MOST_REFUSALS = 200;
const WINDOW_MS = 5 * 60_000;

export interface RunningProvider {
  readonly issuer: string;
  readonly port: number;
  /**
   * An access token of a person, for a minute, without a log-in: for whoever runs this process. There is no way to it over
   * the network. @throws ProviderError for somebody unknown, and always where the provider is `exposed`
   */
  tokenFor(personId: string): Promise<string>;
  /** Signs with new keys from now on. It does so by itself when they are old. */
  rotate(): void;
  close(): Promise<void>;
}

/**
 * Starts an OpenID provider for development: people to log in as, of whom a click is enough for those without a
 * password. Authorization code with PKCE (S256), client credentials, refresh tokens, RP-initiated logout; access tokens
 * are JWTs of RFC 9068 (`at+jwt`, ES256) with `roles`.
 * @throws ProviderError for options that cannot be used, and for anything but loopback without `exposed`; the error of
 *   the system where the port is taken
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  checkOptions(options);
  const { host = "127.0.0.1", dataDir, rotateAfterMs = ROTATE_AFTER_MS, log } = options;
  const store = openStore(dataDir);
  const logIn = logInWith(options.people);
  const refusals = countAttempts(MOST_REFUSALS, WINDOW_MS);
  let keys = readKeys(dataDir);
  let current: Provider;
  let serve: (request: IncomingMessage, response: ServerResponse) => void;

  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 },
    (request, response) => serve(request, response),
  );
  server.maxConnections = 500;
  try {
    server.listen({ host, port: options.port, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const issuer = options.issuer ?? `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

  function build(): void {
    const provider = new Provider(issuer, configurationOf(options, { keys, store, port }));
    // Behind what ends TLS: the last address that it names is the one that it saw.
    provider.proxy = issuer.startsWith("https:");
    provider.maxIpsCount = 1;
    provider.on("server_error", (_ctx: unknown, error: Error) =>
      log("error", `The identity provider failed: ${error.message}`),
    );
    current = provider;
    const callback = provider.callback();
    const { host: ownHost } = new URL(issuer);
    serve = (request, response) => {
      if (provider.proxy) beAt(ownHost, request);
      // A page elsewhere whose name was made to lead here (DNS rebinding) may not use it as its own.
      else if (request.headers.host !== ownHost)
        return sendPage(
          response,
          421,
          failurePage("misdirected_request", `This is ${issuer}, and nothing else.`),
        );
      const address = addressOf(request, provider.proxy);
      const path = (request.url ?? "").split("?", 1)[0]!;
      if (path === "/")
        return sendPage(response, 404, failurePage("not_found", "Log in from the application."));
      if (path.startsWith("/interaction/"))
        return void logIn(provider, request, response, address).catch((error: unknown) =>
          fail(error, response),
        );
      const wait = path === "/token" ? refusals.waitSeconds(address) : 0;
      if (wait > 0)
        return void response
          .writeHead(429, { "retry-after": String(wait), "cache-control": "no-store" })
          .end();
      if (path === "/token" && request.method === "POST")
        response.once("finish", () => {
          if (response.statusCode >= 400 && response.statusCode < 500) refusals.failed(address);
        });
      void callback(request, response);
    };
  }

  function fail(error: unknown, response: ServerResponse): void {
    if (response.headersSent) return void response.destroy();
    if (error instanceof errors.OIDCProviderError)
      return sendPage(
        response,
        error.statusCode,
        failurePage(error.error, "This log-in is over, or was begun in another browser."),
      );
    log("error", `The log-in page failed: ${error instanceof Error ? error.message : String(error)}`);
    sendPage(response, 500, failurePage("server_error", undefined));
  }

  function rotate(): void {
    keys = rotateKeys(dataDir, keys);
    build();
    log("info", "The identity provider signs with a new key.");
  }

  if (Date.now() - keys.madeAt > rotateAfterMs) rotate();
  else build();
  const timer = setInterval(() => {
    if (Date.now() - keys.madeAt > rotateAfterMs) rotate();
  }, LOOK_EVERY_MS).unref();

  return {
    issuer,
    port,
    tokenFor: (personId) => tokenByHand(current, options, keys, personId),
    rotate,
    async close() {
      clearInterval(timer);
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
}

/** What ends TLS may pass on any host, and what strangers say of it: this provider is at its issuer. */
function beAt(host: string, { headers }: IncomingMessage): void {
  headers.host = host;
  delete headers["x-forwarded-host"];
  headers["x-forwarded-proto"] = "https";
}

function addressOf({ headers, socket }: IncomingMessage, proxied: boolean): string {
  const forwarded = proxied
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)!
        .trim()
    : "";
  return forwarded || (socket.remoteAddress ?? "");
}
