import { refuse } from "./refuse.ts";

/** Signatures that may be asked for: asymmetric ones only, so that who checks a token cannot make one. */
export type TokenAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA";

/** A provider whose access tokens are believed, and what its claims mean here. */
export interface ProviderSettings {
  /** `"https://id.example"`, as the tokens' `iss` has it to the letter. `http` on loopback only. */
  readonly issuer: string;
  /** What a token must be for: this API's own name at the provider. Any one of them. */
  readonly audience: string | readonly string[];
  /** How a token may be signed. Default RS256, PS256, ES256, EdDSA. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /**
   * What the header's `typ` may be. Default `["at+jwt"]` (RFC 9068). For a provider that writes `JWT` there, add it: ID
   * tokens are then told by their claims.
   */
  readonly types?: readonly ("at+jwt" | "JWT")[];
  /** Where the roles stand in a token. Default: the claim `roles`, as it is. */
  readonly roles?: RoleSettings;
  /** Stands before each `sub`. With several providers each needs one of its own: their names can be the same. */
  readonly idPrefix?: string;
}

export interface RoleSettings {
  /** `"realm_access.roles"`, or the steps one by one where a name has dots. A list, or words between spaces. */
  readonly claim: string | readonly string[];
  /** Only names that begin with it count, and it is taken off: `"shop:"` makes `staff` of `shop:staff`. */
  readonly prefix?: string;
  /** Name there (without prefix) to roles here. What it does not name counts for nothing. */
  readonly map?: { readonly [name: string]: string | readonly string[] };
}

/** One provider, or several. */
export type IdentitySettings = ProviderSettings | readonly ProviderSettings[];

export const defaultAlgorithms: readonly TokenAlgorithm[] = ["RS256", "PS256", "ES256", "EdDSA"];

const algorithms: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] satisfies TokenAlgorithm[];

/** @throws DeclarationError for settings by which tokens could not be checked, or not safely */
export function checkIdentity(settings: IdentitySettings, place: string): readonly ProviderSettings[] {
  const several = Array.isArray(settings);
  const providers = (several ? settings : [settings]) as readonly ProviderSettings[];
  if (providers.length === 0) refuse(place, "lists no providers", "add one, or leave it out");
  providers.forEach((provider, i) => checkProvider(provider, several ? `${place}[${i}]` : place));
  for (const [of, text] of [
    ["issuer", "give each provider once"],
    [
      "idPrefix",
      'give each provider an idPrefix of its own, such as "partner:": their people may have the same names',
    ],
  ] as const) {
    const values = providers.map((provider) => provider[of] ?? "");
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined) refuse(place, `the ${of} "${twice}" stands for two providers`, text);
  }
  return providers;
}

function checkProvider(provider: ProviderSettings, place: string): void {
  checkIssuer(provider.issuer, `${place}.issuer`);
  const audiences = [provider.audience].flat();
  if (audiences.length === 0 || audiences.some((one) => typeof one !== "string" || one === ""))
    refuse(
      `${place}.audience`,
      "does not say for whom tokens must be",
      "name this API as the provider does: without it, a token that was given to any other application would do",
    );
  for (const algorithm of provider.algorithms ?? [])
    if (!algorithms.includes(algorithm))
      refuse(
        `${place}.algorithms`,
        `"${algorithm}" is none of ${algorithms.join(", ")}`,
        "choose among them",
      );
  if (provider.algorithms?.length === 0)
    refuse(`${place}.algorithms`, "is empty", "leave it out, or name those that the provider uses");
  for (const type of provider.types ?? [])
    if (type !== "at+jwt" && type !== "JWT")
      refuse(`${place}.types`, `"${String(type)}" is neither at+jwt nor JWT`, "choose among them");
  if (provider.types?.length === 0)
    refuse(`${place}.types`, "is empty", 'leave it out, or write ["at+jwt", "JWT"]');
  if (provider.roles && [provider.roles.claim].flat().some((step) => typeof step !== "string" || step === ""))
    refuse(
      `${place}.roles.claim`,
      "names no claim",
      'write where the roles stand in a token, such as "realm_access.roles"',
    );
}

function checkIssuer(issuer: string, place: string): void {
  const url = URL.parse(issuer);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:"))
    refuse(place, `"${issuer}" is no URL`, 'write it as the provider does, such as "https://id.example"');
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "")
    refuse(place, `"${issuer}" has more than host and path`, "leave query, fragment and credentials out");
  if (!isSafeUrl(url))
    refuse(
      place,
      `"${issuer}" is not https`,
      "use https: whoever is on the way could give you keys of their own. http is for loopback only",
    );
}

/** Tells whether nobody on the way can change what comes from there: https, or this machine. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  if (protocol === "https:") return true;
  return protocol === "http:" && /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname);
}
