import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

const LONGEST = 64 * 1024;

/** Calls `take` with each line of a stream; one that is longer than 64 KiB comes in pieces. */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    rest += decoder.write(chunk);
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) take(line);
    if (rest.length > LONGEST) {
      take(rest);
      rest = "";
    }
  });
  stream.on("end", () => {
    rest += decoder.end();
    if (rest) take(rest);
  });
  // A pipe that breaks ends with its process, which is told apart.
  stream.on("error", () => {});
}
