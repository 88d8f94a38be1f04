/** Whether a text is what a glob says: `*` stands for any characters, `/` included, and `?` for one. */
export function matchesGlob(glob: string): (text: string) => boolean {
  const pattern = glob
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[\\^$.|+()[\]{}/]/g, '\\$&')))
  const whole = new RegExp(`^${pattern.join('')}$`, 'su')
  return (text) => whole.test(text)
}
