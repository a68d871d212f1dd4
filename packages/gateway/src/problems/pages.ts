import { describe, type AnyContract } from "kerf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { DECLARED_STATUS, declaredProblemType, problemKinds, type ProblemKind } from "./catalogue.ts";
import { pathOf } from "./problem.ts";

interface Page extends ProblemKind {
  readonly type: string;
}

/** Serves what each problem type means at the path that the type is: text for people, JSON for those who ask for it. */
export function serveProblemPages(
  app: FastifyInstance,
  contracts: readonly AnyContract[],
  notFound: (request: FastifyRequest, reply: FastifyReply) => void,
): void {
  const pages = new Map(pagesOf(contracts).map((page) => [page.type, page]));
  function answer(request: FastifyRequest, reply: FastifyReply): void {
    const page = pages.get(pathOf(request.url));
    if (page === undefined) return notFound(request, reply);
    const { type, status, title, meaning } = page;
    const asksJson = (request.headers.accept ?? "").includes("json");
    reply
      .header("content-type", asksJson ? "application/json; charset=utf-8" : "text/plain; charset=utf-8")
      .header("cache-control", "public, max-age=3600")
      .header("vary", "accept")
      .header("x-content-type-options", "nosniff")
      .send(
        asksJson ? JSON.stringify({ type, status, title, meaning }) : `${title} (${status})\n\n${meaning}\n`,
      );
  }
  app.get("/problems/:name", answer);
  app.get("/problems/:contract/:code", answer);
}

function pagesOf(contracts: readonly AnyContract[]): readonly Page[] {
  const pages: Page[] = Object.entries(problemKinds).map(([name, kind]) => ({
    type: `/problems/${name}`,
    ...kind,
  }));
  const members = new Map<string, string[]>();
  for (const contract of contracts.map(describe)) {
    for (const member of contract.members.values()) {
      if (member.kind === "event" || member.http === undefined) continue;
      for (const code of Object.keys(member.errors)) {
        const type = declaredProblemType(contract.name, code);
        members.set(type, [...(members.get(type) ?? []), member.id]);
      }
    }
  }
  for (const [type, ids] of members) {
    const code = decodeURIComponent(type.slice(type.lastIndexOf("/") + 1));
    const meaning = `Declared by ${ids.join(", ")}. \`code\` is "${code}", and \`data\` says more: /openapi.json has its schema.`;
    pages.push({ type, status: DECLARED_STATUS, title: code, meaning });
  }
  return pages;
}
