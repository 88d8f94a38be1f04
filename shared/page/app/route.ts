import { useSyncExternalStore } from 'react'

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
