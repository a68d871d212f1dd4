import { parser } from "@prometheus-io/lezer-promql";

/** What a query reads. */
export interface Reads {
  readonly metrics: ReadonlySet<string>;
  /** In matchers and groupings. */
  readonly labels: ReadonlySet<string>;
}

/** Reads a query with Prometheus' own grammar. @throws SyntaxError where it is none */
export function readsOf(query: string): Reads {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new SyntaxError(`not PromQL at ${from}: ${query}`);
      const text = query.slice(from, to);
      if (type.name === "Identifier") metrics.add(text);
      if (type.name === "UnquotedLabelMatcher" && text.startsWith("__name__")) {
        for (const name of /"(.*)"$/.exec(text)![1]!.split("|")) metrics.add(name);
        return false;
      }
      if (type.name === "LabelName") labels.add(text);
    },
  });
  return { metrics, labels };
}

/** The series of an exposition: each metric, with the labels that it has. */
export function metricsOf(exposition: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of exposition.split("\n")) {
    const [, name, labels = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = found.get(name) ?? new Set();
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label!);
    found.set(name, known);
  }
  return found;
}
