/** A provider of the measurement's own: the same tokens for every contender, and where their key is. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export const audience = "bench";

export interface Provider {
  readonly issuer: string;
  /** Of as many people as asked for, each valid for an hour. */
  readonly tokens: readonly string[];
  close(): void;
}

/** Signs tokens for `people` people, and serves discovery and keys on loopback. */
export async function startProvider(people: number): Promise<Provider> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: "RS256", use: "sig" };
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const known: Record<string, unknown> = {
      "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/jwks` },
      "/jwks": { keys: [jwk] },
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(known[request.url ?? ""] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = await Promise.all(
    Array.from({ length: people }, (_, index) =>
      new SignJWT({ roles: ["customer"] })
        .setProtectedHeader({ alg: "RS256", kid: "bench", typ: "at+jwt" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(`person-${index}`)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey),
    ),
  );
  return { issuer, tokens, close: () => server.close() };
}
