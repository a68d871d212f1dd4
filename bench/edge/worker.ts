// A server in a process of its own: `worker.ts <contender> <issuer>`. Tells its URL, and its CPU time when asked.
import { contenders } from "./contenders.ts";

const [name, issuer] = process.argv.slice(2) as [string, string];
const url = await (await contenders[name]!()).serve(issuer);
process.send!(url);
process.on("message", () => process.send!(process.cpuUsage()));
process.on("disconnect", () => process.exit());
