import { contenders } from "./contenders.ts";

const [name, calls] = process.argv.slice(2) as [string, string];
const run = await contenders[name]!();
process.on("message", () => void run(Number(calls)).then(() => process.send!("done")));
process.on("disconnect", () => process.exit());
process.send!("ready");
