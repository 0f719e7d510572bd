/**
 * Text that was written for a terminal, as what a reader may see of it: colours and weights (ECMA-48
 * SGR), and nothing that a terminal would do. Links, titles, cursor movement, clipboard and all other
 * complete sequences are left out; incomplete ones stay as the text that they are, so that nothing
 * can hide the rest of a line.
 */
export interface AnsiStyle {
  /** 0 black, 1 red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan, 7 white. */
  readonly colour?: number;
  readonly background?: number;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly struck?: true;
}
export interface AnsiSegment {
  readonly text: string;
  readonly style: AnsiStyle;
}

const ESC = '\u001b';
/** CSI: parameters, intermediates, final byte. */
const CONTROL = /\[([0-?]{0,60})([ -/]{0,4})([@-~])/y;
/** OSC, DCS, SOS, PM, APC: a text without controls, ended by BEL or ST. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STRING = /[\]PX^_][^\u0000-\u001f\u007f-\u009f]*(?:\u0007|\u001b\\)/y;
/** Two or three characters: character sets, keypad, reset, save and restore. */
const SHORT = /[ -/]{0,2}[0-Z\\`-~]/y;
const NONE: AnsiStyle = {};

/** In order; their texts are what is shown of the text that was given. */
export function parseAnsi(text: string): AnsiSegment[] {
  const first = text.indexOf(ESC);
  if (first < 0) return text === '' ? [] : [{ text, style: NONE }];
  const segments: AnsiSegment[] = [];
  let style = NONE;
  let kept = '';
  const flush = () => {
    if (kept !== '') segments.push({ text: kept, style });
    kept = '';
  };
  let at = 0;
  for (let next = first; next >= 0; next = text.indexOf(ESC, at)) {
    kept += text.slice(at, next);
    const found = sequenceAt(text, next + 1);
    at = found?.end ?? next + 1;
    if (found === undefined) kept += ESC;
    else if (found.parameters !== undefined) {
      const changed = applyColours(style, found.parameters);
      if (sameStyle(changed, style)) continue;
      flush();
      style = changed;
    }
  }
  kept += text.slice(at);
  flush();
  return segments;
}

/** Without its sequences. */
export function stripAnsi(text: string): string {
  if (!text.includes(ESC)) return text;
  return parseAnsi(text)
    .map((segment) => segment.text)
    .join('');
}

interface Sequence {
  readonly end: number;
  /** Of SGR only. */
  readonly parameters?: string;
}

/** `start` is behind the escape. undefined: it is none, or is incomplete. */
function sequenceAt(text: string, start: number): Sequence | undefined {
  const control = matchAt(CONTROL, text, start);
  if (control !== null) {
    const [, parameters = '', intermediates, final] = control;
    const colours = final === 'm' && intermediates === '' && /^[\d;:]*$/.test(parameters);
    return { end: CONTROL.lastIndex, ...(colours && { parameters }) };
  }
  if (text[start] === '[') return undefined;
  if (matchAt(STRING, text, start) !== null) return { end: STRING.lastIndex };
  if (/[\]PX^_]/.test(text[start] ?? '')) return undefined;
  return matchAt(SHORT, text, start) === null ? undefined : { end: SHORT.lastIndex };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function applyColours(before: AnsiStyle, parameters: string): AnsiStyle {
  let style = before;
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes.slice(i + 1, i + 6));
      i += used;
      if (colour !== undefined)
        style = code === 38 ? { ...style, colour } : { ...style, background: colour };
    } else style = applyCode(style, code);
  }
  return style;
}

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return NONE;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4 || code === 21) return { ...style, underline: true };
  if (code === 9) return { ...style, struck: true };
  if (code === 22) return without(style, 'bold', 'dim');
  if (code === 23) return without(style, 'italic');
  if (code === 24) return without(style, 'underline');
  if (code === 29) return without(style, 'struck');
  if (code === 39) return without(style, 'colour');
  if (code === 49) return without(style, 'background');
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 90 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 100 };
  return style;
}

function without(style: AnsiStyle, ...names: (keyof AnsiStyle)[]): AnsiStyle {
  const left = { ...style };
  for (const name of names) delete left[name];
  return left;
}

/** `5;n` of 256 and `2;r;g;b`, as the nearest of the eight: the page’s own can be read in any theme. */
function extendedColour(rest: readonly number[]): { colour?: number; used: number } {
  const [kind, a = 0, b = 0, c = 0] = rest;
  if (kind === 2) return { colour: nearest(a, b, c), used: 4 };
  if (kind !== 5) return { used: 0 };
  if (a < 16) return { colour: a % 8, used: 2 };
  if (a >= 232) return { colour: a < 244 ? 0 : 7, used: 2 };
  const cube = a - 16;
  const level = (part: number) => (part % 6) * 51;
  const colour = nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6)), level(cube));
  return { colour, used: 2 };
}

/** A bit each for red, green and blue. */
function nearest(red: number, green: number, blue: number): number {
  const half = Math.max(red, green, blue) / 2;
  if (half < 32) return 0;
  return (red > half ? 1 : 0) | (green > half ? 2 : 0) | (blue > half ? 4 : 0);
}

function sameStyle(a: AnsiStyle, b: AnsiStyle): boolean {
  return (
    a === b ||
    (a.colour === b.colour &&
      a.background === b.background &&
      a.bold === b.bold &&
      a.dim === b.dim &&
      a.italic === b.italic &&
      a.underline === b.underline &&
      a.struck === b.struck)
  );
}
