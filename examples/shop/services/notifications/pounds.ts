/** `£1,234.05` of 123405 pence. */
export function pounds(pence: number): string {
  const whole = Math.trunc(pence / 100)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
  return `£${whole}.${(pence % 100).toString().padStart(2, "0")}`;
}
