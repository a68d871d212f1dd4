import { openDashboard, applicationOf } from "@kerf/dashboard";
import { loadGraph } from "@kerf/runtime";
import shop from "../../../examples/shop/kerf.config.ts";
import { shopStory } from "./shop-story.ts";
const graph = await loadGraph(shop as any);
const units = [ {name:"checkout",services:["orders","payments"],gateway:false},{name:"browse",services:["catalog","recommendations","storefront"],gateway:true},{name:"back",services:["users","carts","inventory","shipping","notifications"],gateway:false}];
const topology: any = { name: "split", units };
const iso = (ms:number)=>new Date(Date.now()-ms).toISOString();
const d = await openDashboard({
  host: "127.0.0.1", port: 4999, token: "t".repeat(40), file: ":memory:", app: "shop", topology: "split", who: "dev",
  gateway: () => "http://127.0.0.1:4000", application: async () => applicationOf(graph as any, topology),
  operations: undefined,
  control: { async describe() { return { units, processes: units.map((u,i)=>({name:u.name,unit:u.name,state: i===2?"waiting":"ready" as any,pid:process.pid,address:"127.0.0.1:"+(4100+i),restarts:i===2?3:0,startedAt:Date.now()-400000})) }; }, async restart() {} },
  onError: (e) => console.error(e),
});
const send = async (signal: string, body: object) => { const r = await fetch(`${d.endpoint}/v1/${signal}`, {method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify(body)}); if(!r.ok) console.log(signal, r.status, await r.text()); };
const s = shopStory(Date.now());
for (const k of ["traces","logs","metrics"] as const) await send(k, s[k]);
console.log(d.url, s.paid, s.declined, s.mailed);
