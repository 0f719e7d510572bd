/** Keys that stand twice in one object: JSON.parse takes the last one, and says nothing. */

export interface RepeatedKey {
  readonly key: string;
  /** Where it stands first, and again; both count from 1. */
  readonly lines: readonly [first: number, again: number];
  /** What it stands for is written in the same way both times. */
  readonly isSame: boolean;
}

interface Member {
  readonly line: number;
  readonly from: number;
  value: string;
}

/** An object that is open; an array has no members. */
interface Level {
  readonly members: Map<string, Member> | undefined;
  /** A key comes next. */
  expectsKey: boolean;
  key: string;
  /** The one that is read, and whose end is not known yet. */
  member: Member | undefined;
}

/** `text` is JSON: JSON.parse has taken it. In the order in which they stand. */
export function repeatedKeys(text: string): RepeatedKey[] {
  const found: RepeatedKey[] = [];
  const open: Level[] = [];
  let line = 1;
  const endMember = (level: Level | undefined, at: number) => {
    if (level?.members === undefined || level.member === undefined) return;
    const { key, member } = level;
    member.value = text.slice(member.from, at).trim();
    const first = level.members.get(key);
    if (first === undefined) level.members.set(key, member);
    else
      found.push({ key, lines: [first.line, member.line], isSame: first.value === member.value });
    level.member = undefined;
  };
  for (let at = 0; at < text.length; at++) {
    const level = open.at(-1);
    switch (text[at]) {
      case '\n':
        line++;
        break;
      case '"': {
        const from = at;
        at = stringEnd(text, at);
        if (level?.expectsKey) level.key = String(JSON.parse(text.slice(from, at + 1)));
        break;
      }
      case ':':
        if (level === undefined) break;
        level.expectsKey = false;
        level.member = { line, from: at + 1, value: '' };
        break;
      case ',':
        endMember(level, at);
        if (level?.members !== undefined) level.expectsKey = true;
        break;
      case '{':
        open.push({ members: new Map(), expectsKey: true, key: '', member: undefined });
        break;
      case '[':
        open.push({ members: undefined, expectsKey: false, key: '', member: undefined });
        break;
      case '}':
      case ']':
        endMember(level, at);
        open.pop();
        break;
    }
  }
  return found;
}

/** @param at of the opening quote. @returns where the closing one is */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}
