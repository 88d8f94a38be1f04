import { useSyncExternalStore } from 'react'

/** `#/who/matrix?date=…`: view, item and filters, so that each of them has an address. */
export type Route = { readonly view: string; readonly item: string; readonly query: URLSearchParams }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [view = '', ...item] = path.split('/')
  return { view, item: decodeURIComponent(item.join('/')), query: new URLSearchParams(query) }
}

/** The address of a view. Empty filters are left out. */
export function addressOf(view: string, item = '', query: Readonly<Record<string, string | undefined>> = {}): string {
  const filters = new URLSearchParams(Object.entries(query).flatMap(([name, text]) => (text ? [[name, text]] : [])))
  const tail = filters.size > 0 ? `?${filters.toString().replaceAll('+', '%20')}` : ''
  return `#/${view}${item === '' ? '' : `/${encodeURIComponent(item)}`}${tail}`
}

const listeners = new Set<() => void>()
window.addEventListener('hashchange', tell)
function tell(): void {
  for (const listener of listeners) listener()
}

export function useHash(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => location.hash,
  )
}

/** Changes the filters in the address without a new entry in the browser's history. */
export function replaceAddress(address: string): void {
  if (address === location.hash) return
  history.replaceState(null, '', address)
  tell()
}

/** A click on a link of the page's own. */
export function follow(event: { preventDefault(): void; detail: { href?: string; external?: boolean } }): void {
  const { href, external } = event.detail
  if (external || href === undefined || !href.startsWith('#')) return
  event.preventDefault()
  location.hash = href
}
