/** Stands for a payment provider: what it was asked before under a key it answers as before, and does once. */
const answers = new Map<string, { reference: string; declined: boolean }>();

export async function takeMoney(key: string, pence: number, limitPence: number) {
  const known = answers.get(key);
  if (known) return known;
  const answer = { reference: `bank-${answers.size + 1}`, declined: pence > limitPence };
  answers.set(key, answer);
  return answer;
}
