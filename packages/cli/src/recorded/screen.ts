import type { Output } from "../output.ts";
import { fit } from "./words.ts";

/** Shows one text after another in the same place. */
export interface Screen {
  show(lines: readonly string[]): void;
  /** Leaves the last one standing. */
  close(): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/**
 * On a terminal each text is written over the one before, in a single write and without clearing first, so that nothing
 * flickers. Elsewhere they follow each other, with an empty line between.
 */
export function openScreen(output: Output, terminal: Terminal = process.stdout): Screen {
  let drawn = 0;
  let shown = false;
  if (!terminal.isTTY)
    return {
      show(lines) {
        if (shown) output.line("");
        shown = true;
        for (const line of lines) output.line(line);
      },
      close() {},
    };
  return {
    show(lines) {
      const rows = (terminal.rows ?? 24) - 1;
      const left = lines.length - rows;
      const kept = left > 0 ? [...lines.slice(0, rows - 1), `… ${left + 1} more lines`] : lines;
      const up = drawn > 0 ? `\u001b[${drawn}A` : "";
      const text = kept.map((line) => `${fit(line, terminal.columns)}\u001b[K\n`).join("");
      terminal.write(`${shown ? "" : "\u001b[?25l"}\r${up}${text}\u001b[J`);
      drawn = kept.length;
      shown = true;
    },
    close() {
      if (shown) terminal.write("\u001b[?25h");
    },
  };
}
