/** What the peers share: Ajv for what does not validate by itself, and `jose` as its documentation uses it. */
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { audience } from "./identity.ts";

/** Coerces, as Fastify's own Ajv does for parameters; unknown fields are refused. */
export function validator(schema: object): ValidateFunction {
  const ajv = new Ajv({ coerceTypes: true, useDefaults: true, removeAdditional: false, strict: false });
  formats.default(ajv);
  return ajv.compile(schema);
}

/** Verifies the token of each request, and gives whose it is; undefined for none that is valid. */
export function verifier(issuer: string): (authorization: string | undefined) => Promise<string | undefined> {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return async (authorization) => {
    if (!authorization?.startsWith("Bearer ")) return undefined;
    try {
      const checks = { issuer, audience, algorithms: ["RS256"], typ: "at+jwt" };
      return (await jwtVerify(authorization.slice(7), keys, checks)).payload.sub;
    } catch {
      return undefined;
    }
  };
}
