import { describe, expect, test } from "vitest";
import { command, helpOf, readArguments, readPort } from "./arguments.ts";

const spec = command({
  name: "export",
  summary: "Writes it.",
  operand: { name: "format", oneOf: ["openapi", "proto"] },
  options: { topology: { value: "NAME", text: "which" }, "no-watch": { text: "do not" } },
  run: async () => 0,
});

describe("the arguments of a command", () => {
  test("are options with values, flags and an operand, in any order", () => {
    expect(readArguments(spec, ["--topology", "split", "proto", "--no-watch"])).toEqual({
      given: { topology: "split", "no-watch": true },
      operand: "proto",
      subjects: [],
    });
    expect(readArguments(spec, ["proto", "--topology=split"])?.given).toEqual({ topology: "split" });
  });

  test("are gathered where an option may be given more than once", () => {
    const many = command({
      name: "export",
      summary: "Writes it.",
      options: { accept: { value: "PLACE", many: true, text: "what is wanted" } },
      run: async () => 0,
    });
    expect(readArguments(many, ["--accept", "a@1:A.b", "--accept=c"])?.given).toEqual({
      accept: ["a@1:A.b", "c"],
    });
    expect(readArguments(many, [])?.given).toEqual({});
    expect(() => readArguments(many, ["--accept", "a", "--accept"])).toThrow("--accept needs a value");
  });

  test("an operand may be any text, or have several after it", () => {
    const any = command({ ...spec, operand: { name: "ID" } });
    expect(readArguments(any, ["4bf9"])).toMatchObject({ operand: "4bf9" });
    expect(readArguments(any, [])).toMatchObject({ operand: undefined });
    expect(() => readArguments(any, ["4bf9", "more"])).toThrow('does not take "more"');
    expect(helpOf(any)).toContain("kerf export [ID] [options]");
    const several = command({
      ...spec,
      operand: { name: "action", oneOf: ["put"], subject: ["WHAT", "WHERE"] },
    });
    expect(readArguments(several, ["put", "a", "b"])).toMatchObject({ operand: "put", subjects: ["a", "b"] });
    expect(() => readArguments(several, ["put", "a", "b", "c"])).toThrow('does not take "c"');
    expect(helpOf(several)).toContain("kerf export put [WHAT] [WHERE] [options]");
  });

  test("may ask for help", () => {
    expect(readArguments(spec, ["--help"])).toBeUndefined();
    expect(readArguments(spec, ["-h"])).toBeUndefined();
    expect(helpOf(spec)).toContain("kerf export openapi|proto [options]");
    expect(helpOf(spec)).toContain("--topology NAME   which");
  });

  test.each([
    [["proto", "--topolgy", "x"], 'no option "--topolgy". Did you mean "--topology"?'],
    [["proto", "-t"], 'no option "-t"'],
    [["proto", "--toString"], 'no option "--toString"'],
    [["proto", "--nowatch"], 'no option "--nowatch". Did you mean "--no-watch"?'],
    [["proto", "--topology"], "--topology needs a value: --topology NAME."],
    [["proto", "--topology", "--no-watch"], "--topology needs a value"],
    [["proto", "--no-watch=1"], "--no-watch takes no value"],
    [["protp"], 'There is no format "protp". Did you mean "proto"? There are: openapi, proto.'],
    [[], "needs one of: openapi, proto"],
    [["proto", "openapi"], 'does not take "openapi"'],
  ])("%j are refused with a clear word", (argv, message) => {
    expect(() => readArguments(spec, argv)).toThrow(message);
  });

  test("a port is a whole number", () => {
    expect(readPort("port", "4000")).toBe(4000);
    for (const text of ["4e3", "-1", "65536", "", "http"])
      expect(() => readPort("port", text)).toThrow("a port is");
  });
});
