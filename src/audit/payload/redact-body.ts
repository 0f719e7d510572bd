/** Chooses how a text is searched, by what it says it is. */
import {
  type Redacted,
  type RedactionRules,
  redactJson,
  redactText,
  UNREADABLE,
} from './redact-json.ts';

/** @param mediaType in lower case, without parameters */
export function redactBody(
  text: string,
  { mediaType, rules }: { readonly mediaType: string | undefined; readonly rules: RedactionRules },
): Redacted {
  if (mediaType === 'text/event-stream') return redactEventStream(text, rules);
  if (mediaType === 'application/x-www-form-urlencoded') return redactForm(text, rules);
  if (mediaType !== undefined && LINES.test(mediaType)) return redactLines(text, rules);
  if (mediaType !== undefined && /[/+]json$/.test(mediaType)) return redactJson(text, rules);
  // Senders that do not say what they send mostly send JSON.
  if (looksLikeJson(text)) return redactGuessedJson(text, rules);
  return redactText(text, rules.patterns);
}

const LINES = /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines|stream\+json)$/;

function looksLikeJson(text: string): boolean {
  return /^[\s\ufeff]{0,100}[[{]/.test(text);
}

/** `[INFO] started` begins like JSON and is none: a mistake in its first characters tells. */
function redactGuessedJson(text: string, rules: RedactionRules): Redacted {
  if (rules.matcher.size > 0 && !/^[\s\ufeff]*(?:\{\s*(?:["}]|$)|\[\s*(?:["[{\]\d-]|$))/.test(text))
    return redactText(text, rules.patterns);
  return redactJson(text, rules);
}

/** A mistake in one line spoils that line only. */
function redactLines(text: string, rules: RedactionRules): Redacted {
  return inParts(text.split(/(\r\n|\n)/), (line) => redactJson(line, rules));
}

/** Every second part is a separator and stays. */
function inParts(parts: readonly string[], redact: (part: string) => Redacted): Redacted {
  let count = 0;
  const texts = parts.map((part, i) => {
    if (i % 2 === 1 || part === '') return part;
    const redacted = redact(part);
    count += redacted.count;
    return redacted.text;
  });
  return { text: texts.join(''), count };
}

const DATA = /^data:? ?/;

/** WHATWG server-sent events: what the data lines of one event hold is one text. */
function redactEventStream(text: string, rules: RedactionRules): Redacted {
  const out: string[] = [];
  let count = 0;
  let data: string[] = [];
  let newline = '\n';
  const flush = () => {
    if (data.length === 0) return;
    const whole = data.join('\n');
    const redacted = looksLikeJson(whole)
      ? redactGuessedJson(whole, rules)
      : redactText(whole, rules.patterns);
    count += redacted.count;
    for (const line of redacted.text.split('\n')) out.push(`data: ${line}`, newline);
    data = [];
  };
  const parts = text.split(/(\r\n|\n|\r)/);
  for (let i = 0; i < parts.length; i += 2) {
    const line = parts[i] ?? '';
    const end = parts[i + 1] ?? '';
    if (line.startsWith('data:') || line === 'data') {
      data.push(line.replace(DATA, ''));
      if (end !== '') newline = end;
      continue;
    }
    flush();
    const redacted = redactText(line, rules.patterns);
    count += redacted.count;
    out.push(redacted.text, end);
  }
  flush();
  return { text: out.join(''), count };
}

/** A form is an object of texts: `$.password` names its field. */
function redactForm(text: string, rules: RedactionRules): Redacted {
  const from = new Int32Array(rules.matcher.size);
  const into = new Int32Array(rules.matcher.size);
  const whole = rules.matcher.begin(from);
  return inParts(text.split(/(&)/), (field) => {
    const equals = field.indexOf('=');
    const name = decodeField(equals === -1 ? field : field.slice(0, equals));
    const value = decodeField(equals === -1 ? '' : field.slice(equals + 1));
    if (name === undefined || value === undefined) return { text: UNREADABLE, count: 1 };
    if (whole || (equals !== -1 && rules.matcher.step(from, name, into)))
      return { text: `${field.slice(0, equals + 1)}[redacted]`, count: 1 };
    const [key, inner] = [redactText(name, rules.patterns), redactText(value, rules.patterns)];
    const count = key.count + inner.count;
    return count === 0 ? { text: field, count } : { text: `${key.text}=${inner.text}`, count };
  });
}

function decodeField(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' ').replace(/%(?![0-9A-Fa-f]{2}).{0,2}$/, ''));
  } catch {
    return undefined;
  }
}
