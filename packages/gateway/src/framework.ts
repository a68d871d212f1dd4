import type { FastifyInstance } from "fastify";
import { StatusError } from "kerf";
import { parseBody } from "./body.ts";
import type { Limits } from "./limits.ts";
import type { ProblemName } from "./problems/catalogue.ts";
import { problem, problemOfStatusError, type Problem } from "./problems/problem.ts";

/** Carries a problem through Fastify's own error path. */
class ProblemError extends Error {
  readonly problem: Problem;

  constructor(found: Problem) {
    super(found.detail);
    this.problem = found;
  }
}

/** Makes JSON the only body that is read. */
export function acceptJson(app: FastifyInstance, limits: Limits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const type = request.headers["content-type"]!;
    const charset = /;\s*charset="?([^";\s]*)/i.exec(type)?.[1];
    const coding = request.headers["content-encoding"];
    if (
      (charset !== undefined && !/^utf-?8$/i.test(charset)) ||
      (coding !== undefined && coding !== "identity")
    ) {
      return done(new ProblemError(problem("unsupported-media-type")));
    }
    const parsed = parseBody(body as Buffer, limits);
    if ("fault" in parsed) {
      return done(new ProblemError(problem("malformed-request", { detail: parsed.fault })));
    }
    done(null, parsed.value);
  });
}

const problemOfFrameworkCode: { readonly [code: string]: ProblemName } = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
};

/** The problem of what Fastify refused, or of what a parser or handler threw. */
export function problemOfFrameworkError(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { code = "", statusCode = 500 } = error as { code?: string; statusCode?: number };
  const name = problemOfFrameworkCode[code];
  if (name === undefined && (statusCode < 400 || statusCode >= 500)) {
    return problemOfStatusError(StatusError.from(error));
  }
  // The rest of such a body is still on its way.
  return problem(
    name ?? "malformed-request",
    name === "body-too-large" ? { headers: { connection: "close" } } : {},
  );
}
