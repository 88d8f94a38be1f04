/**
 * JSON in the letters that SQS takes: a key may hold U+FFFE and U+FFFF, which no message may, so they stand escaped. One
 * such key would else be refused each time it is sent, and all that is sent with it. (SQS API Reference, "SendMessage".)
 */
export function renderMessageBody(value: object): string {
  return JSON.stringify(value).replace(/[\ufffe\uffff]/g, (letter) => (letter === '\ufffe' ? '\\ufffe' : '\\uffff'))
}
