import { createServer } from "node:http";
import { bookshop } from "./app.ts";
import { chat } from "./events.ts";

const server = createServer(bookshop());
chat(server);
server.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => {
  console.log("The bookshop is open:", server.address());
});
