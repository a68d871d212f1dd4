import { existsSync, writeFileSync } from "node:fs";
import { adopt } from "../adopt/adopt.ts";
import { readDocument } from "../adopt/document.ts";
import { command } from "../arguments.ts";
import { standardOutput } from "../output.ts";
import { Failure, UsageError } from "../usage.ts";

export const adoptCommand = command({
  name: "adopt",
  summary: "Makes a contract of an existing HTTP API, so that services call it typed.",
  operand: { name: "format", oneOf: ["openapi"], subject: "FILE|URL" },
  options: {
    name: { value: "NAME", text: "of the contract; default: the title of the document" },
    out: { value: "FILE", text: "where to write; default: standard output" },
    force: { text: "write over a file that is there" },
  },
  notes: [
    "OpenAPI 3.0 and 3.1, in JSON or YAML. GET becomes a query, all else a command; documented answers of 4xx become",
    "declared errors. What does not fit is named, by its place in the document, and stands at the top of the file.",
  ],
  async run(given, _format, place) {
    if (place === undefined) throw new UsageError("kerf adopt openapi needs a document: a file or a URL.");
    if (given.name !== undefined && !/^[a-z][a-zA-Z0-9]{0,39}$/.test(given.name))
      throw new UsageError(`--name ${given.name}: a camelCase word of at most 40 letters and digits.`);
    if (given.out !== undefined && existsSync(given.out) && !given.force)
      throw new Failure(`${given.out} is there already. Write over it with --force.`);
    const output = standardOutput({ json: false });
    const { name, text, operations, remarks } = adopt(await readDocument(place), given.name);
    for (const remark of remarks) output.note(`${remark.pointer} ${remark.text}.`);
    if (given.out === undefined) {
      process.stdout.write(text);
      return 0;
    }
    writeFileSync(given.out, text);
    output.note(
      `${given.out}: ${name}, with ${operations} ${operations === 1 ? "operation" : "operations"}. ` +
        `Add it to the app: foreign: { ${name}: ${name}Service }.`,
    );
    return 0;
  },
});
