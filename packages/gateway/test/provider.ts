import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
} from "jose";

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

export interface SigningKey extends KeyPair {
  readonly alg: string;
  /** As the provider publishes it. */
  readonly jwk: JWK;
}

export async function signingKey(kid: string, alg = "RS256"): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { ...pair, alg, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" } };
}

/** An identity provider on this machine, as far as a resource server sees it: its discovery document and its keys. */
export interface TestProvider {
  readonly issuer: string;
  /** What it publishes; may be changed. */
  keys: SigningKey[];
  /** Fields of the discovery document that are others than they should be. */
  document: Record<string, unknown>;
  /** How it answers everything: 200, or an error. */
  status: number;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  /** A token that is in order, but for what is said here. */
  token(
    claims?: JWTPayload,
    options?: { key?: SigningKey; header?: Partial<JWTHeaderParameters> },
  ): Promise<string>;
  close(): Promise<void>;
}

const discovery = "/.well-known/openid-configuration";

export const audience = "https://api.shop.example";

export async function testProvider(): Promise<TestProvider> {
  const asked = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const document = { issuer, jwks_uri: `${issuer}/keys`, ...provider.document };
    const body: Record<string, unknown> = {
      [discovery]: document,
      // Where a redirect leads.
      "/elsewhere": document,
      "/keys": { keys: provider.keys.map(({ jwk }) => jwk) },
    };
    const status = !(path in body)
      ? 404
      : provider.status === 302 && path !== discovery
        ? 200
        : provider.status;
    response.writeHead(status, { "content-type": "application/json", location: `${issuer}/elsewhere` });
    response.end(JSON.stringify(body[path] ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: TestProvider = {
    issuer,
    keys: [await signingKey("first")],
    document: {},
    status: 200,
    asked,
    async token(claims = {}, { key = provider.keys[0]!, header = {} } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const all = { iss: issuer, aud: audience, sub: "ann", iat: now, exp: now + 300, ...claims };
      return await new SignJWT(all)
        .setProtectedHeader({ alg: key.alg, typ: "at+jwt", kid: key.jwk.kid!, ...header })
        .sign(key.privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
