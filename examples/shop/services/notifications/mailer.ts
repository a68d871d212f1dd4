import { createTransport, type Transporter } from "nodemailer";
import type { Letter } from "./letters.ts";

/** Carries letters away. Sending one twice is possible; receivers know it by its Message-ID. */
export interface Mailer {
  readonly provider: "smtp" | "local";
  send(letter: Letter): Promise<void>;
}

/** Keeps nothing and sends nothing: the service's own record of its mails is what can be read. */
export const localMailer: Mailer = { provider: "local", send: async () => {} };

/** Sends by SMTP (RFC 5321). */
export function smtpMailer(url: string, sender: string): Mailer & { close(): void } {
  const transport: Transporter = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
  } as object);
  return {
    provider: "smtp",
    async send({ to, subject, text, messageId }) {
      await transport.sendMail({ from: sender, to, subject, text, messageId });
    },
    close: () => transport.close(),
  };
}

const mailers = new Map<string, Mailer>();

/** The mailer that the settings ask for: one for each way and process, as it holds connections. */
export function mailerFor({ smtpUrl, sender }: { smtpUrl?: string | undefined; sender: string }): Mailer {
  if (smtpUrl === undefined) return localMailer;
  const way = `${smtpUrl} ${sender}`;
  let mailer = mailers.get(way);
  if (!mailer) mailers.set(way, (mailer = smtpMailer(smtpUrl, sender)));
  return mailer;
}
