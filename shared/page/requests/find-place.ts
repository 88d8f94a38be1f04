import { sayFirst } from '../say-first.ts'
import { sayScope } from './say.ts'

/** A place for which the person may request access. `text`: as in the form. */
export type OfferedScope = { readonly text: string; readonly scope: string; readonly name?: string | undefined }

type ScopeAnswer = { readonly ok: true; readonly scope: string } | { readonly ok: false; readonly message: string }

const offeredMost = 5

export function placeOfAccount(id: string, name: string | undefined): OfferedScope {
  return { text: name ? `${name} (${id})` : id, scope: `account%${id}`, name }
}

export function placeOfScope(scope: string): OfferedScope {
  return { text: sayScope(scope), scope }
}

/**
 * The place that the person typed.
 *
 * | typed                                          | then                       |
 * | ---------------------------------------------- | -------------------------- |
 * | one of the list                                | that                       |
 * | the whole name of one account, in any capitals | that                       |
 * | 12 digits                                      | that account               |
 * | a scope as links write it                      | that                       |
 * | the name of several accounts                   | refused, with each of them |
 * | any other                                      | refused, with the places that contain the text |
 */
export function findPlace(typed: string, places: readonly OfferedScope[]): ScopeAnswer {
  const words = typed.trim().toLowerCase()
  const listed = places.find(({ text }) => text.toLowerCase() === words)
  if (listed) return { ok: true, scope: listed.scope }
  const named = places.filter(({ name }) => name?.toLowerCase() === words)
  const [only] = named
  if (only && named.length === 1) return { ok: true, scope: only.scope }
  if (/^\d{12}$/.test(words)) return { ok: true, scope: `account%${words}` }
  if (/^[a-z_]+%[^%]+$/.test(typed.trim())) return { ok: true, scope: typed.trim() }
  const similar =
    named.length > 1 ? named : places.filter(({ text }) => words !== '' && text.toLowerCase().includes(words))
  const texts = similar.map(({ text }) => text)
  const message =
    texts.length === 0
      ? 'Write the name or the 12 digits of an account, or choose one of the list.'
      : `Choose one: ${sayFirst(texts, offeredMost)}.`
  return { ok: false, message }
}
