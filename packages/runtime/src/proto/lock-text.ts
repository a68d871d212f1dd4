import type { ContractLock, LockedContract, LockedMessage } from "./lock.ts";

/** The text of a lock file: sorted, a line per field, so that changes read well and merge. */
export function lockText(lock: ContractLock): string {
  const contracts = block(lock.contracts, contractText, 2);
  return `{\n  "note": "Made by kerf export proto --write-lock. Commit it: it keeps field numbers stable.",\n  "contracts": ${contracts}\n}\n`;
}

function contractText(contract: LockedContract): string {
  const members = block(contract.members, (member) => line(member), 6);
  const format = contract.format === undefined ? "" : `"format": ${contract.format},\n      `;
  return `{\n      ${format}"members": ${members},\n      "messages": ${block(contract.messages, messageText, 6)}\n    }`;
}

function messageText(message: LockedMessage): string {
  const fields = Object.entries(message.fields)
    .toSorted(([, a], [, b]) => a.number - b.number)
    .map(([name, { number, label, type, values, limits, tags }]) => {
      return `            ${JSON.stringify(name)}: ${line({ number, label, type, values, limits, tags })}`;
    });
  const listed = fields.length > 0 ? `{\n${fields.join(",\n")}\n          }` : "{}";
  const reserved = message.reserved ? `,\n          "reserved": ${line(message.reserved)}` : "";
  return `{\n          "form": ${JSON.stringify(message.form)},\n          "fields": ${listed}${reserved}\n        }`;
}

function block<T>(entries: Readonly<Record<string, T>>, text: (value: T) => string, depth: number): string {
  const pad = " ".repeat(depth + 2);
  const lines = Object.entries(entries)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${pad}${JSON.stringify(key)}: ${text(value)}`);
  return lines.length > 0 ? `{\n${lines.join(",\n")}\n${" ".repeat(depth)}}` : "{}";
}

function line(value: object): string {
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");
}
