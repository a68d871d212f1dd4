/** Somebody to log in as. */
export interface Person {
  /** The `sub` of their tokens. */
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly roles?: readonly string[];
  /** Asked for where present: what {@link hashPassword} made. Without one, a click logs in. */
  readonly passwordHash?: string;
}

/** A program that asks for tokens. */
export interface Client {
  readonly id: string;
  /** As people read it; the id where absent. */
  readonly name?: string;
  /** A client with a secret may have tokens of its own (client credentials). One without is public: a browser. */
  readonly secret?: string;
  /** Where people come back to after logging in, compared to the letter. */
  readonly redirectUris?: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  /** Of the client's own tokens. */
  readonly roles?: readonly string[];
}

export interface ProviderOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** The URL that clients and verifiers know it by. Default: `http://<host>:<port>`. */
  readonly issuer?: string;
  /** The `aud` of access tokens: the application. */
  readonly audience: string;
  readonly people: readonly Person[];
  readonly clients: readonly Client[];
  /** Keys and sessions: made where absent, readable by its owner only. */
  readonly dataDir: string;
  readonly log: (level: "info" | "warn" | "error", message: string) => void;
  /** Listens on more than loopback. Everybody then needs a password, and the issuer has to be https. */
  readonly exposed?: boolean;
  /** How long a key signs; default 30 days. The one before it still verifies. */
  readonly rotateAfterMs?: number;
}

/** The configuration of a provider cannot be used. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
}

/** @throws ProviderError that names what is wrong, and the mend */
export function checkOptions(options: ProviderOptions): void {
  const { people, clients, issuer, host = "127.0.0.1" } = options;
  unique("people", people);
  unique("clients", clients);
  // A machine's own tokens have its id as `sub`: it must be nobody's (RFC 9700 section 4.15).
  const both = clients.find(({ id }) => people.some((person) => person.id === id));
  if (both)
    throw new ProviderError(
      `"${both.id}" is a person and a client, so a token would not tell which. Rename one.`,
    );
  for (const client of clients) {
    if (client.secret === undefined && (client.redirectUris ?? []).length === 0)
      throw new ProviderError(
        `The client "${client.id}" has neither redirectUris nor a secret, so it can do nothing. Add redirectUris for a browser, or a secret for a machine.`,
      );
    for (const uri of [...(client.redirectUris ?? []), ...(client.postLogoutRedirectUris ?? [])])
      if (!isRedirect(uri))
        throw new ProviderError(
          `The client "${client.id}" has the redirect URI "${uri}", which is no http(s) URL without a fragment. Write it in full, such as http://127.0.0.1:4000/callback.`,
        );
  }
  if (options.audience === "") throw new ProviderError("The audience is empty. Name the application.");
  if (issuer !== undefined && URL.parse(issuer)?.origin !== issuer)
    throw new ProviderError(
      `The issuer "${issuer}" is no origin. Write scheme, host and port only, such as https://id.shop.example.`,
    );
  if (!isLoopback(host) || (issuer !== undefined && !isLoopback(new URL(issuer).hostname)))
    checkExposed(options);
}

function checkExposed({ exposed, host, issuer, people }: ProviderOptions): void {
  if (!exposed)
    throw new ProviderError(
      `A provider for development refuses to be reached from elsewhere (host ${host ?? "127.0.0.1"}, issuer ${issuer ?? "none"}): whoever reaches it is whom they like. Use 127.0.0.1, or set exposed, an https issuer, and a password for everybody.`,
    );
  if (!issuer?.startsWith("https://"))
    throw new ProviderError("An exposed provider needs an https issuer: the URL of what ends TLS before it.");
  const open = people.filter((person) => person.passwordHash === undefined).map(({ id }) => id);
  if (open.length > 0)
    throw new ProviderError(
      `An exposed provider needs a passwordHash for everybody. Without one: ${open.join(", ")}.`,
    );
}

function unique(what: string, entries: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (!/^[\w.@-]{1,100}$/.test(id))
      throw new ProviderError(
        `${what}: the id "${id}" is not 1 to 100 letters, digits, dots, dashes, underscores and @.`,
      );
    if (seen.has(id)) throw new ProviderError(`${what}: the id "${id}" is there twice.`);
    seen.add(id);
  }
}

function isRedirect(uri: string): boolean {
  const url = URL.parse(uri);
  return url !== null && /^https?:$/.test(url.protocol) && !uri.includes("#");
}

/** Tells whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
