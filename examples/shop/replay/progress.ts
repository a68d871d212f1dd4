/** Where progress is shown: a terminal gets a bar, anything else a line now and then. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** The first invoice begins. */
  begin(): void;
  advance(): void;
  /** A line of its own. */
  say(line: string): void;
  end(): void;
}

const lineEveryMs = 5_000;
const drawEveryMs = 100;

/** Shows how far `total` invoices are. `now` in milliseconds. */
export function progressOn(
  screen: Screen,
  total: number,
  now: () => number = () => performance.now(),
): Progress {
  let began = now();
  let done = 0;
  let shownAt = began;
  let drawn = false;

  const clear = () => {
    if (drawn) screen.write("\r\u001B[K");
    drawn = false;
  };
  const draw = () => {
    const text = ` ${done}/${total} invoices, ${rate(done, now() - began)}`;
    const width = Math.max(10, Math.min(40, (screen.columns ?? 80) - text.length - 3));
    const full = total === 0 ? width : Math.round((done / total) * width);
    screen.write(`\r\u001B[K[${"#".repeat(full)}${" ".repeat(width - full)}]${text}`);
    drawn = true;
  };

  return {
    begin() {
      began = shownAt = now();
    },
    advance() {
      done = Math.min(total, done + 1);
      if (now() - shownAt < (screen.isTTY ? drawEveryMs : lineEveryMs)) return;
      shownAt = now();
      if (screen.isTTY) draw();
      else screen.write(`${done}/${total} invoices, ${rate(done, shownAt - began)}\n`);
    },
    say(line) {
      clear();
      screen.write(`${line}\n`);
    },
    end: clear,
  };
}

function rate(done: number, ms: number): string {
  return `${(ms > 0 ? (done * 1_000) / ms : 0).toFixed(1)} per second`;
}
