import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { PointRow } from "../otlp/row.ts";

/** What a cumulative series had counted when it was last heard of. */
interface Before {
  readonly startUs: number;
  readonly value: number;
  readonly count: number;
  readonly counts: readonly number[];
}

/** Series that may be told apart; what comes above is left out. */
const MOST_SERIES = 20_000;

/** Writes points. What senders count from their start on is written as what was added since the point before. */
export class PointWriter {
  readonly #statements: Readonly<Record<"series" | "seriesOf" | "count" | "point", StatementSync>>;
  readonly #series = new Map<string, number>();
  readonly #before = new Map<number, Before>();

  constructor(database: DatabaseSync) {
    this.#statements = {
      series: database.prepare(
        "INSERT OR IGNORE INTO series (key, name, kind, unit, description, sender, attributes) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ),
      seriesOf: database.prepare("SELECT id FROM series WHERE key = ?"),
      count: database.prepare("SELECT count(*) AS n FROM series"),
      point: database.prepare("INSERT INTO point (series, at, value, count, buckets) VALUES (?, ?, ?, ?, ?)"),
    };
  }

  write(row: PointRow, sender: number): void {
    const series = this.#seriesOf(row, sender);
    if (series === undefined) return;
    const added = row.cumulative ? this.#since(series, row) : row;
    if (added === undefined) return;
    const buckets =
      row.counts.length > 0 && added.counts.some((count) => count > 0)
        ? JSON.stringify({ bounds: row.bounds, counts: added.counts })
        : null;
    this.#statements.point.run(series, row.atUs, added.value, added.count, buckets);
  }

  forget(): void {
    this.#series.clear();
    this.#before.clear();
  }

  #since(series: number, row: PointRow): Omit<Before, "startUs"> | undefined {
    const before = this.#before.get(series);
    this.#before.set(series, row);
    // The first point of a process that counted before this one listened says nothing of when it counted.
    if (!before) return row.startUs > 0 && row.atUs - row.startUs < 120e6 ? row : undefined;
    const again = row.startUs !== before.startUs || row.value < before.value || row.count < before.count;
    if (again || before.counts.length !== row.counts.length) return row;
    return {
      value: row.value - before.value,
      count: row.count - before.count,
      counts: row.counts.map((count, i) => Math.max(0, count - before.counts[i]!)),
    };
  }

  #seriesOf(row: PointRow, sender: number): number | undefined {
    const attributes = JSON.stringify(row.attributes);
    const key = `${row.name} ${row.metric} ${sender} ${attributes}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const old = this.#statements.seriesOf.get(key) as { id: number } | undefined;
    if (!old && (this.#statements.count.get() as { n: number }).n >= MOST_SERIES) return undefined;
    if (!old)
      this.#statements.series.run(key, row.name, row.metric, row.unit, row.description, sender, attributes);
    const { id } = old ?? (this.#statements.seriesOf.get(key) as { id: number });
    this.#series.set(key, id);
    return id;
  }
}
