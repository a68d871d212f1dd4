/** What is demanded by each string format of Zod, for people. */
const formats: { readonly [format: string]: string } = {
  email: "an e-mail address",
  url: "a URL",
  uuid: "a UUID",
  guid: "a UUID",
  emoji: "an emoji",
  nanoid: "a nano id",
  cuid: "a CUID",
  cuid2: "a CUID2",
  ulid: "a ULID",
  xid: "an XID",
  ksuid: "a KSUID",
  datetime: 'a date and time such as "2026-01-31T09:30:00Z"',
  date: 'a date such as "2026-01-31"',
  time: 'a time such as "09:30:00"',
  duration: 'a duration such as "PT15M"',
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "a range of IPv4 addresses",
  cidrv6: "a range of IPv6 addresses",
  mac: "a MAC address",
  base64: "base64",
  base64url: "base64url",
  e164: 'a telephone number such as "+441632960000"',
  jwt: "a JSON web token",
  credit_card: "a card number",
  iban: "an IBAN",
  currency_code: 'a currency code such as "EUR"',
  hostname: "a host name",
  hex: "hexadecimal",
  lowercase: "in lower case",
  uppercase: "in upper case",
};

/** "must be an e-mail address" for `email`. */
export function formatMessage(format: string): string {
  const form = formats[format];
  return form ? `must be ${form}` : `must be a valid ${shorten(format)}`;
}

/** At most 100 characters, so that no message repeats what a stranger sent at length. */
export function shorten(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** "1 entry", "2 entries". */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
