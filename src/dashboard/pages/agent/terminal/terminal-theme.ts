import type { ITheme } from '@xterm/xterm';

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1b2429',
  cursor: '#0b6e66',
  cursorAccent: '#ffffff',
  selectionBackground: '#b7e0db',
  black: '#1b2429',
  red: '#a81e1e',
  green: '#16692f',
  yellow: '#7a4d00',
  blue: '#1f4fb0',
  magenta: '#86198f',
  cyan: '#0b6e66',
  white: '#5a666c',
  brightBlack: '#56626a',
  brightRed: '#b91c1c',
  brightGreen: '#15703a',
  brightYellow: '#855400',
  brightBlue: '#2456bd',
  brightMagenta: '#93209c',
  brightCyan: '#0d746c',
  brightWhite: '#333f45',
};

const DARK: ITheme = {
  background: '#12191d',
  foreground: '#e8eef0',
  cursor: '#5fc9bd',
  cursorAccent: '#12191d',
  selectionBackground: '#2d4a4d',
  black: '#8a979d',
  red: '#ff8f87',
  green: '#6fd08c',
  yellow: '#e8bd5c',
  blue: '#8ab6ff',
  magenta: '#e39bea',
  cyan: '#5fc9bd',
  white: '#e8eef0',
  brightBlack: '#9aa7ad',
  brightRed: '#ffaba5',
  brightGreen: '#93e0a9',
  brightYellow: '#f2cf85',
  brightBlue: '#abcaff',
  brightMagenta: '#edb8f2',
  brightCyan: '#8adcd2',
  brightWhite: '#ffffff',
};

/** Colours that can be read on the page as it is drawn now. */
export function terminalTheme(dark: boolean): ITheme {
  return dark ? DARK : LIGHT;
}
