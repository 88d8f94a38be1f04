/**
 * JSON that may stand in a `<script>` element. A name from outside can end neither that element (`</script>`) nor turn it
 * into another state (`<!--`), and the two line separators that old scripts could not read are escaped.
 * Source: HTML Standard, "Restrictions for contents of script elements".
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
