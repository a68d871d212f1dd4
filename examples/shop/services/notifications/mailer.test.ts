import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { refund } from "./letters.ts";
import { mailerFor, smtpMailer } from "./mailer.ts";

/** As much of an SMTP server (RFC 5321) as one client needs; what it was given is in `received`. */
async function smtpServer(): Promise<{ url: string; received: string[]; server: Server }> {
  const received: string[] = [];
  const server = createServer((socket) => {
    let pending = "";
    let inData = false;
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.write("220 test\r\n");
    socket.on("data", (chunk: string) => {
      pending += chunk;
      for (;;) {
        const end = inData ? "\r\n.\r\n" : "\r\n";
        const at = pending.indexOf(end);
        if (at < 0) return;
        const text = pending.slice(0, at);
        pending = pending.slice(at + end.length);
        if (inData) received.push(text);
        const begins = !inData && text.toUpperCase() === "DATA";
        socket.write(begins ? "354 go on\r\n" : text.toUpperCase() === "QUIT" ? "221 bye\r\n" : "250 ok\r\n");
        inData = begins;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `smtp://127.0.0.1:${port}`, received, server };
}

const letter = refund({
  returnId: "r1",
  name: "Alice Example",
  email: "alice@customers.example",
  article: "85123A",
  quantity: 1,
  pence: 255,
});
const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

test("a letter goes out by SMTP with the Message-ID that makes it one", async () => {
  const { url, received, server } = await smtpServer();
  const mailer = smtpMailer(url, "Shop <orders@shop.example>");
  closing.push(
    () => mailer.close(),
    () => server.close(),
  );
  await mailer.send(letter);
  expect(received).toHaveLength(1);
  expect(received[0]).toContain("Message-ID: <return-r1@shop.example>");
  expect(received[0]).toContain("To: alice@customers.example");
  expect(received[0]).toContain("From: Shop <orders@shop.example>");
});

test("a server that is not there is an error, so that the letter is sent later", async () => {
  const { url, server } = await smtpServer();
  await new Promise((resolve) => server.close(resolve));
  const mailer = smtpMailer(url, "Shop <orders@shop.example>");
  closing.push(() => mailer.close());
  await expect(mailer.send(letter)).rejects.toThrow("ECONNREFUSED");
});

test("without a server letters stay here", async () => {
  const mailer = mailerFor({ sender: "x@shop.example" });
  expect(mailer.provider).toBe("local");
  await mailer.send(letter);
});
