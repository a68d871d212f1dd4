import { contractIdOf } from "kerf";

/** How often one member was asked, and by whom. */
export interface MemberUse {
  /** `"catalog@1.product"`. */
  readonly member: string;
  readonly calls: number;
  /** By caller, most first. */
  readonly callers: Readonly<Record<string, number>>;
}

/** Callers that are told apart for one member: what strangers name must not fill the memory. */
const mostCallers = 100;
/** Those who came after. */
const others = "others";

/** Counts who uses what is old, so that one knows when it can go. One label per caller, at most 100 for a member. */
export class VersionUsage {
  readonly #members = new Map<string, Map<string, number>>();
  #any = false;

  count(member: string, caller: string): void {
    let callers = this.#members.get(member);
    if (!callers) this.#members.set(member, (callers = new Map()));
    const before = callers.get(caller);
    const label = before === undefined && callers.size >= mostCallers ? others : caller;
    callers.set(label, (callers.get(label) ?? 0) + 1);
    this.#any = true;
  }

  /** Whether anything was ever counted. */
  get any(): boolean {
    return this.#any;
  }

  /** Since the process started, by member. */
  read(): readonly MemberUse[] {
    return [...this.#members]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([member, callers]) => {
        const sorted = [...callers].toSorted(([, a], [, b]) => b - a);
        return {
          member,
          calls: sorted.reduce((sum, [, calls]) => sum + calls, 0),
          callers: Object.fromEntries(sorted),
        };
      });
  }
}

/** For the log: calls and the number of callers by version. Not who they are: that may be people. */
export function usageByVersion(
  uses: readonly MemberUse[],
): Readonly<Record<string, { readonly calls: number; readonly callers: number }>> {
  return Object.fromEntries(
    [...Map.groupBy(uses, ({ member }) => contractIdOf(member))].map(([version, of]) => [
      version,
      {
        calls: of.reduce((sum, { calls }) => sum + calls, 0),
        callers: new Set(of.flatMap(({ callers }) => Object.keys(callers))).size,
      },
    ]),
  );
}
