/** Numbers of payment cards: 13 to 19 digits, alone or in groups, with an issuer's beginning and a valid Luhn digit. */

/** A greatest run of digits with single spaces or dashes between them. */
const RUN = /\d(?:[ -]?\d){12,}/g;
const WORD = /[A-Za-z0-9_]/;

export function findCards(text: string, add: (start: number, end: number) => void): void {
  for (const { index, 0: run } of text.matchAll(RUN)) {
    const end = index + run.length;
    // Letters beside it: part of an identifier such as a UUID.
    if (WORD.test(text.charAt(end)) || (index > 0 && WORD.test(text.charAt(index - 1)))) continue;
    if (text.charAt(index - 1) === '.' || /^\.\d/.test(text.slice(end, end + 2))) continue;
    findInRun(run, (from, to) => add(index + from, index + to));
  }
}

/** A card may stand among other groups of digits: it begins and ends where a group does. */
function findInRun(run: string, add: (from: number, to: number) => void): void {
  const digits: number[] = [];
  const places: number[] = [];
  for (let i = 0; i < run.length; i++) {
    const digit = run.charCodeAt(i) - 0x30;
    if (digit < 0) continue;
    digits.push(digit);
    places.push(i);
  }
  const sums = luhnSums(digits);
  const place = (n: number) => places[n] ?? run.length;
  const begins = (n: number) => n === 0 || place(n) - place(n - 1) > 1;
  for (let first = 0; first + 13 <= digits.length; first++) {
    if (!begins(first)) continue;
    for (let length = 19; length >= 13; length--) {
      const behind = first + length;
      if (behind > digits.length || (behind < digits.length && !begins(behind))) continue;
      if (!isIssuers(digits, { first, length }) || sums(first, behind) % 10 !== 0) continue;
      add(place(first), place(behind - 1) + 1);
      first = behind - 1;
      break;
    }
  }
}

/** Sums over any window in constant time: every second digit from its end counts double. */
function luhnSums(digits: readonly number[]): (first: number, behind: number) => number {
  const doubledOdd = [0];
  const doubledEven = [0];
  digits.forEach((digit, i) => {
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    doubledOdd.push((doubledOdd[i] ?? 0) + (i % 2 === 1 ? doubled : digit));
    doubledEven.push((doubledEven[i] ?? 0) + (i % 2 === 0 ? doubled : digit));
  });
  return (first, behind) => {
    // The last digit, behind - 1, is not doubled.
    const sums = behind % 2 === 0 ? doubledEven : doubledOdd;
    return (sums[behind] ?? 0) - (sums[first] ?? 0);
  };
}

/** Which lengths go with which beginning: ISO/IEC 7812 as the large networks use it. */
function isIssuers(
  digits: readonly number[],
  { first, length }: { first: number; length: number },
): boolean {
  const [a = 0, b = 0] = [digits[first], digits[first + 1]];
  if (a === 4) return length === 13 || length === 16 || length === 19;
  if (a === 5) return (b >= 1 && b <= 5 && length === 16) || (b !== 1 && length >= 13);
  if (a === 2) return b >= 2 && b <= 7 && length === 16;
  if (a === 3) {
    if (b === 4 || b === 7) return length === 15;
    return b === 5 ? length >= 16 : (b === 0 || b === 6 || b === 8 || b === 9) && length >= 14;
  }
  return a === 6 && length >= 13;
}
