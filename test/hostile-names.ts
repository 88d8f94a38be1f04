/** Names made to harm whoever reads a log, a report or a terminal. */
export const hostileNames = [
  '=HYPERLINK("http://x")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '<script>alert(1)</script>',
  '\u202egnp.exe',
  '\u2066isolated',
  '\u200e\u200f\u061c',
  '\ufeffteam-Accountants',
  'line\nERROR forged',
  'return\rforged',
  '\u001b[31mred\u001b]0;title\u0007',
  '\u009b31mred',
  '\u2028ERROR forged',
  'nul\0',
  'del\u007f',
  'none\ufffe\uffff',
  'tag\u{e0041}',
  "' state='applied",
]

/** What no terminal and no log line may get from outside: all but the line ends that we write ourselves. */
export const raw = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
