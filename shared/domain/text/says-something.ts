/** Hangul fillers are invisible letters. (Unicode Standard Annex #44, "Default_Ignorable_Code_Point".) */
const letterOrDigit = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u

/** Whether a reason or ticket has a visible letter or digit. Nobody can list all invisible characters: even Braille has a blank. */
export function saysSomething(text: string | undefined): text is string {
  return text !== undefined && letterOrDigit.test(text)
}
