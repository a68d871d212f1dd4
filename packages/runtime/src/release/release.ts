import { DeclarationError, durationMs, nearest, type Actor } from "kerf";
import { z } from "zod";

/** How one service's new version is released, beside the one that runs. */
export interface Release {
  readonly service: string;
  /** A unit as discovery knows it, or addresses: `"10.0.0.7:5000,10.0.0.8:5000"`. */
  readonly to: string;
  /** Percent of calls that go to the new version. */
  readonly weight: number;
  /** Whether one person always sees one version, or each request draws its own. */
  readonly sticky: "actor" | "request";
  /** Who may choose the version themselves, by the header `kerf-release`. */
  readonly choose: "nobody" | "public" | "user" | `role:${string}`;
  /** When everybody goes back to the version that runs; undefined: never by itself. */
  readonly back: Back | undefined;
  /** Percent of the queries to the version that runs of which the new one is sent a copy. */
  readonly mirror: number;
}

/** What the new version may not do worse than the one that runs, within the same time. */
export interface Back {
  /** More calls may fail, as a share of all: 0.05 is 5 points. */
  readonly errors: number;
  /** Its p95 may be this many times that of the other. */
  readonly p95: number;
  readonly windowMs: number;
  /** Nothing is decided by fewer calls. */
  readonly atLeast: number;
}

const percent = z.number().min(0).max(100);
const share = z.string().regex(/^\d+(\.\d+)?%$/, 'is written as "5%"');
const times = z.string().regex(/^\d+(\.\d+)?x$/, 'is written as "2x"');
const duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'is written as "30s"');

const entry = z.strictObject({
  to: z
    .string()
    .regex(/^(?:[a-zA-Z][\w.-]*|[^\s,]+:\d+(?:,[^\s,]+:\d+)*)$/, "is neither a unit nor addresses"),
  weight: percent.default(0),
  sticky: z.enum(["actor", "request"]).default("actor"),
  choose: z
    .string()
    .regex(/^(nobody|public|user|role:\S+)$/, 'is "nobody", "public", "user" or "role:…"')
    .default("nobody"),
  back: z
    .union([
      z.literal(false),
      z.strictObject({
        errors: share.default("5%"),
        p95: times.default("2x"),
        window: duration.default("30s"),
        atLeast: z.int().min(10).max(100_000).default(50),
      }),
    ])
    .prefault({}),
  mirror: percent.default(0),
});
const file = z.record(z.string(), entry);

/** The form of the file, as it is written. */
export type ReleaseEntry = z.input<typeof entry>;

/**
 * Reads releases from JSON: `{ "catalog": { "to": "catalog-next", "weight": 5 } }`.
 * @throws DeclarationError at `place`
 */
export function readReleases(
  text: string,
  services: readonly string[],
  place: string,
): ReadonlyMap<string, Release> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new DeclarationError(
      place,
      "is not JSON",
      'write { "catalog": { "to": "catalog-next", "weight": 5 } }',
    );
  }
  const read = file.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = [place, ...issue!.path.map(String)].join(".");
    throw new DeclarationError(at, issue!.message, "see docs/releases.md for its form");
  }
  const releases = new Map<string, Release>();
  for (const [service, { back, choose, ...rest }] of Object.entries(read.data)) {
    if (!services.includes(service)) {
      const meant = nearest(service, services);
      const mend = meant === undefined ? `name one of: ${services.join(", ")}` : `did you mean "${meant}"`;
      throw new DeclarationError(`${place}.${service}`, "is no service of the application", mend);
    }
    releases.set(service, {
      ...rest,
      service,
      choose: choose as Release["choose"],
      back: back
        ? {
            errors: parseFloat(back.errors) / 100,
            p95: parseFloat(back.p95),
            windowMs: durationMs(back.window, `${place}.${service}.back.window`),
            atLeast: back.atLeast,
          }
        : undefined,
    });
  }
  return releases;
}

/** Whether somebody may choose a version themselves. */
export function mayChoose({ choose }: Release, actor: Actor | undefined): boolean {
  if (choose === "nobody") return false;
  if (choose === "public") return true;
  if (actor === undefined) return false;
  return choose === "user" || actor.roles.includes(choose.slice("role:".length));
}
