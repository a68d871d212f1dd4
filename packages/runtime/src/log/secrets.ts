/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

const secretName =
  /^(?:.*[-_.])?(?:password|passwd|pwd|passphrase|secret|token|authorization|cookie|set-cookie|credentials?|api[-_]?key|private[-_]?key)$|(?:Password|Secret|Token|ApiKey|PrivateKey)$/i;

/** Tells whether a field of this name holds a secret: `password`, `accessToken`, `x-api-key`, `set-cookie`… */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

const MAX_DEPTH = 8;

/**
 * A copy of `value` without its secrets. Plain objects and arrays are walked, 8 deep; anything else stays as it is.
 * A line of a log is no place for more: what is deeper is left out.
 */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  if (depth >= MAX_DEPTH) return "[deeper]";
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    copy[name] =
      isSecretName(name) && item !== undefined && item !== null ? REDACTED : withoutSecrets(item, depth + 1);
  }
  return copy;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const words = "passw|pwd|passphrase|secret|token|authorization|cookie|credential|key";
// One pass tells of most lines that there is nothing to do.
const suspicious = new RegExp(
  `://[^\\s/"]*@|\\b(?:bearer|basic)\\s|"[\\w.-]*(?:${words})|\\bkerf_[\\da-f]{16}_|\\beyJ[\\w-]{8,400}\\.`,
  "i",
);
const urlCredentials = /(:\/\/)[^\s/"@:]*:[^\s/"\\]+@/g;
/** API keys and JWTs are known by their form, wherever they stand. What is public of them stays: an id, a header. */
const apiKeys = /\b(kerf_[\da-f]{16}_)[\w-]{20,}/g;
const tokens = /\b(eyJ[\w-]{8,400})\.[\w-]{8,}(?:\.[\w-]*){1,3}/g;
const schemeCredentials = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
// The quotes of JSON that stands inside of a text are escaped: as many slashes end the value as began it.
const namedText = new RegExp(
  `("([\\w.-]{0,40}(?:${words})[\\w.-]{0,20})\\\\*"\\s*:\\s*(\\\\*)")(?:[^"\\\\]|\\\\.)*?\\3"`,
  "gi",
);

/** Takes the secrets out of a finished line of JSON: in texts, in the bindings of a log, in JSON inside of a text. */
export function lineWithoutSecrets(line: string): string {
  if (!suspicious.test(line)) return line;
  return line
    .replace(urlCredentials, `$1${REDACTED}@`)
    .replace(apiKeys, `$1${REDACTED}`)
    .replace(tokens, `$1.${REDACTED}`)
    .replace(schemeCredentials, `$1 ${REDACTED}`)
    .replace(namedText, (all: string, start: string, name: string, slashes: string) =>
      isSecretName(name) ? `${start}${REDACTED}${slashes}"` : all,
    );
}
