import { openReplayer, openServer, type ReplayProgress } from "@kerf/runtime";
import { createLog } from "@kerf/runtime/log";
import { command, configOption, dataOption } from "../arguments.ts";
import { dataFolder } from "../configuration.ts";
import { listenForEndings } from "../endings.ts";
import { readConfiguration, readGraph } from "../load.ts";
import { standardOutput, type Output } from "../output.ts";
import { refuseWord, UsageError } from "../usage.ts";

/** How often progress is told at most. */
const TELL_MS = 1_000;

export const replay = command({
  name: "replay",
  summary:
    "Hands a service past events again: builds a read model anew beside the live one, then swaps them.",
  options: {
    service: { value: "NAME", text: "which service" },
    from: { value: "TIME", text: "events since then: 2026-11-21T08:00Z, 2h (ago), or earliest" },
    event: { value: "NAME", text: "only the read model of this event, such as users.renamed; default: all" },
    rate: { value: "N", text: "at most N events a second; default: as fast as it goes" },
    resume: { text: "go on with the replay that was stopped or killed" },
    abandon: { text: "drop what that one has built" },
    config: configOption,
    data: dataOption,
    json: { text: "a JSON line for each piece of news" },
  },
  notes: [
    "Only reactions that say so are replayed: on(event, handler, { replayable: { tables: […] } }).",
    "The service goes on meanwhile, and shows the old rows until the new ones take their place.",
    "KERF_DATABASE_URL and KERF_<SERVICE>_DATABASE_URL as for kerf start. Ctrl-C stops; --resume goes on.",
  ],
  async run(given) {
    const wanted = readGiven(given);
    const output = standardOutput({ json: given.json ?? false });
    const configuration = await readConfiguration(given.config);
    const graph = await readGraph(configuration.app);
    if (!graph.services.has(wanted.service))
      refuseWord("service", wanted.service, [...graph.services.keys()]);
    const endings = listenForEndings(() => process.exit(130));
    const url = process.env["KERF_DATABASE_URL"];
    const server = await openServer({
      ...(url ? { url } : { dataDir: dataFolder(configuration, given.data) }),
      log: (line) => output.note(line),
      signal: endings.signal,
    });
    const log = createLog({ unit: "replay", level: "warn", destination: process.stderr });
    try {
      const replayer = await openReplayer({
        graph,
        server,
        log,
        settings: process.env,
        service: wanted.service,
      });
      try {
        if (wanted.abandon) {
          const { events } = await replayer.abandon();
          say(output, { event: "abandoned", events }, `Dropped what was built of ${events.join(", ")}.`);
          return 0;
        }
        const { since, event, rate } = wanted;
        const onProgress = teller(output);
        const end = await replayer.replay({ since, event, rate, signal: endings.signal, onProgress });
        if (end.state === "done") {
          say(
            output,
            { ...end, event: "done" },
            `Done: ${end.handled} events went into ${end.tables.join(", ")}, which are live now.`,
          );
          return 0;
        }
        const how = `kerf replay --service ${wanted.service} --resume`;
        say(
          output,
          { ...end, event: "stopped" },
          `Stopped after ${end.handled} events; the live rows are as they were. Go on with: ${how}`,
        );
        return (await endings.asked).exitCode;
      } finally {
        await replayer.close();
      }
    } finally {
      endings.close();
      await server.close();
    }
  },
});

interface Wanted {
  readonly service: string;
  readonly since: number | undefined;
  readonly event: string | undefined;
  readonly rate: number | undefined;
  readonly abandon: boolean;
}

function readGiven(given: {
  readonly service: string | undefined;
  readonly from: string | undefined;
  readonly event: string | undefined;
  readonly rate: string | undefined;
  readonly resume: true | undefined;
  readonly abandon: true | undefined;
}): Wanted {
  if (given.service === undefined) throw new UsageError("--service NAME: say which service.");
  const ways = [given.from, given.resume, given.abandon].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw new UsageError(
      "Give one of --from TIME (begins), --resume (goes on with an unfinished one) and --abandon (drops it).",
    );
  return {
    service: given.service,
    since: given.from === undefined ? undefined : readTime(given.from),
    event: given.event,
    rate: given.rate === undefined ? undefined : readRate(given.rate),
    abandon: given.abandon ?? false,
  };
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Date.now() milliseconds; 0 for `earliest`. @throws UsageError */
function readTime(text: string): number {
  if (text === "earliest") return 0;
  const ago = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  const time = ago
    ? Date.now() - Number(ago[1]) * unitsMs[ago[2] as keyof typeof unitsMs]
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError(`--from ${text}: write 2026-11-21T08:00Z, 2h (that long ago), or earliest.`);
  if (time > Date.now()) throw new UsageError(`--from ${text}: that is in the future.`);
  return time;
}

function readRate(text: string): number {
  const rate = Number(text);
  if (!/^\d+$/.test(text) || rate < 1)
    throw new UsageError(`--rate ${text}: events a second are a whole number from 1.`);
  return rate;
}

function teller(output: Output): (progress: ReplayProgress) => void {
  let next = 0;
  return (progress) => {
    const now = performance.now();
    if (now < next) return;
    next = now + TELL_MS;
    const { read, total, handled } = progress;
    const share = total === 0 ? 100 : Math.floor((100 * read) / total);
    if (output.json) output.line(JSON.stringify({ ...progress, event: "progress" }));
    else output.note(`${share} %: ${handled} events handed over, ${total - read} messages to go`);
  };
}

function say(output: Output, news: object, text: string): void {
  output.line(output.json ? JSON.stringify(news) : text);
}
