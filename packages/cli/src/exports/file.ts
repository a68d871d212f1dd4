import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A file that is made of an application: the same application makes the same text. */
export interface ExportedFile {
  readonly name: string;
  readonly text: string;
}

/** Writes files into a folder, each as a whole or not at all. Gives their paths. */
export function writeFiles(folder: string, files: readonly ExportedFile[]): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return files.map(({ name, text }) => {
    const path = join(folder, name);
    const part = `${path}.${process.pid}.part`;
    try {
      writeFileSync(part, text);
      renameSync(part, path);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    }
    return path;
  });
}

/** What a file says of itself, in one line. */
export function madeBy(format: string, app: string): string {
  return `Made by \`kerf export ${format}\` of the application ${app}. Do not change it: make it again.`;
}

/** As comments of YAML and its like. */
export function comments(...lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "#\n" : `# ${line}\n`)).join("");
}

export function yamlText(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
