import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";

const topologies = ["monolith", "micro"];
const read = (...argv: string[]) => readArguments(argv, topologies);

test("a file alone is played in the first topology, one invoice at a time", () => {
  expect(read("--file", "x.csv")).toEqual({
    what: "replay",
    file: "x.csv",
    topology: "monolith",
    concurrency: 1,
    json: false,
    books: undefined,
    chaos: undefined,
  });
});

test("chaos takes two processes of each unit, and hands its options on", () => {
  expect(read("--file", "x.csv", "--chaos")).toMatchObject({ chaos: { replicas: "2", options: [] } });
  expect(
    read("--file", "x.csv", "--chaos", "--for", "5s", "--seed=7", "--only", "kill", "--replicas", "1"),
  ).toMatchObject({
    chaos: { replicas: "1", options: ["--for", "5s", "--seed", "7", "--only", "kill"] },
  });
});

test("everything can be asked for, with = too", () => {
  expect(
    read("--file=x.csv", "--topology", "micro", "--concurrency=16", "--json", "--books", "b"),
  ).toMatchObject({
    topology: "micro",
    concurrency: 16,
    json: true,
    books: "b",
  });
  expect(read("--compare", "a", "b")).toEqual({ what: "compare", left: "a", right: "b" });
  expect(read("--file", "x", "-h")).toEqual({ what: "help" });
});

test.each([
  [[], "--file is missing"],
  [["--file"], "--file needs a value"],
  [["--file", "--json"], "--file needs a value"],
  [["x.csv"], '"x.csv" is no option'],
  [["--fiel", "x"], "there is no option --fiel; did you mean --file?"],
  [["--file", "x", "--json=yes"], "--json takes no value"],
  [
    ["--file", "x", "--topology", "mirco"],
    'there is no topology "mirco"; did you mean micro?; there are: monolith, micro',
  ],
  [["--file", "x", "--concurrency", "0"], "--concurrency 0 is not a whole number from 1 to 256"],
  [["--file", "x", "--concurrency", "1e2"], "is not a whole number"],
  [["--file", "x", "--concurrency", "257"], "is not a whole number"],
  [["--file", "x", "--seed", "1"], "--seed goes with --chaos"],
  [["--compare", "a"], "--compare needs two files"],
])("%j: %s", (argv, message) => {
  expect(() => read(...argv)).toThrow(message);
});
