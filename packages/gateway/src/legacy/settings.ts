import { readOutboundUrl } from "@kerf/runtime/outbound";
import {
  DeclarationError,
  nearest,
  type LegacyApplication,
  type LegacySettings,
  type LegacyTimeouts,
} from "kerf";

/** Where an existing application is, and what is asked of it: checked, and with all defaults. */
export interface LegacyTarget {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Host and port as in a Host header. */
  readonly host: string;
  readonly origin: string;
  /** What stands before the path of every request: `""` or `"/base"`. */
  readonly base: string;
  readonly only: readonly string[];
  readonly except: readonly string[];
  /** Path to the version of the contracts that answer below it. */
  readonly contractsBelow: ReadonlyMap<string, number>;
  readonly hostHeader: "client" | "target";
  readonly rewriteRedirects: boolean;
  readonly bodyBytes: number;
  readonly timeouts: Required<LegacyTimeouts>;
  readonly linkLocal: boolean;
}

const PLACE = "gateway.legacy";

const defaultTimeouts: Required<LegacyTimeouts> = {
  connectMs: 5_000,
  responseMs: 60_000,
  idleMs: 300_000,
  requestMs: 600_000,
};

const keys: readonly (keyof LegacyApplication)[] = [
  "url",
  "only",
  "except",
  "contractsBelow",
  "hostHeader",
  "rewriteRedirects",
  "bodyBytes",
  "timeouts",
  "linkLocal",
];

/**
 * Reads where the existing application is. No request has any say in it.
 * @throws DeclarationError for a URL that nothing may connect to, or an option that is not one
 */
export function readLegacy(settings: LegacySettings): LegacyTarget {
  const given: LegacyApplication = typeof settings === "string" ? { url: settings } : settings;
  if (typeof given !== "object" || given === null)
    throw new DeclarationError(
      PLACE,
      "is neither a URL nor an object with one",
      'write "http://127.0.0.1:3000"',
    );
  known(given, keys, PLACE);
  known(given.timeouts ?? {}, Object.keys(defaultTimeouts), `${PLACE}.timeouts`);
  const linkLocal = given.linkLocal ?? false;
  const url = readOutboundUrl(given.url, `${PLACE}.url`, { linkLocal });
  if (url.search !== "")
    throw new DeclarationError(
      `${PLACE}.url`,
      "has a query",
      "leave out what follows ?: requests have their own",
    );
  const timeouts = { ...defaultTimeouts, ...given.timeouts };
  for (const [name, ms] of Object.entries(timeouts)) whole(ms, `${PLACE}.timeouts.${name}`, 86_400_000);
  const bodyBytes = given.bodyBytes ?? 100 * 1_048_576;
  whole(bodyBytes, `${PLACE}.bodyBytes`, Number.MAX_SAFE_INTEGER);
  const hostHeader = given.hostHeader ?? "client";
  if (hostHeader !== "client" && hostHeader !== "target")
    throw new DeclarationError(
      `${PLACE}.hostHeader`,
      `is "${String(hostHeader)}"`,
      'write "client" or "target"',
    );
  const secure = url.protocol === "https:";
  return {
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    host: url.host,
    origin: url.origin,
    base: url.pathname.replace(/\/+$/, ""),
    only: paths(given.only, `${PLACE}.only`),
    except: paths(given.except, `${PLACE}.except`),
    contractsBelow: below(given.contractsBelow ?? {}),
    hostHeader,
    rewriteRedirects: given.rewriteRedirects ?? false,
    bodyBytes,
    timeouts,
    linkLocal,
  };
}

/** Whether the paths of `only` and `except` let it have this one. A query may follow. */
export function isLegacyPath({ only, except }: LegacyTarget, url: string): boolean {
  const isBelow = (path: string) => url.startsWith(path) && /^(?:$|[/?])/.test(url.slice(path.length));
  return (only.length === 0 || only.some(isBelow)) && !except.some(isBelow);
}

function known(given: object, names: readonly string[], place: string): void {
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue;
    const meant = nearest(key, [...names]);
    throw new DeclarationError(
      `${place}.${key}`,
      `is no option${meant === undefined ? "" : ` (did you mean "${meant}"?)`}`,
      `use one of: ${names.join(", ")}`,
    );
  }
}

function whole(value: number, place: string, most: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    throw new DeclarationError(
      place,
      `${String(value)} is not a whole number from 1 to ${most}`,
      "write one",
    );
}

function below(given: { readonly [path: string]: number }): ReadonlyMap<string, number> {
  const place = `${PLACE}.contractsBelow`;
  for (const [path, version] of Object.entries(given)) whole(version, `${place}["${path}"]`, 1_000_000);
  const names = paths(Object.keys(given), place);
  return new Map(Object.values(given).map((version, i) => [names[i]!, version]));
}

function paths(given: readonly string[] | undefined, place: string): readonly string[] {
  for (const path of given ?? [])
    if (typeof path !== "string" || !/^\/[!-~]*$/.test(path) || /[?#*:]/.test(path))
      throw new DeclarationError(
        place,
        `"${String(path)}" is no path`,
        'write the beginning of one, such as "/shop"',
      );
  return (given ?? []).map((path) => path.replace(/\/+$/, ""));
}
