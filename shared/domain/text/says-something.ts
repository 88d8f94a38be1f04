/** Fillers of Hangul are letters that nobody can see. (Unicode Standard Annex #44, "Default_Ignorable_Code_Point".) */
const letterOrDigit = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u

/** Whether a reason or ticket has a letter or digit that can be seen. All that prints nothing cannot be listed: Braille has a blank, too. */
export function saysSomething(text: string | undefined): text is string {
  return text !== undefined && letterOrDigit.test(text)
}
