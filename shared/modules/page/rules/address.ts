/** `#/who/matrix?date=…`: view, item and filters, so that each of them has an address. */
export type Route = { readonly view: string; readonly item: string; readonly query: URLSearchParams }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [view = '', ...item] = path.split('/')
  return { view, item: decodeURIComponent(item.join('/')), query: new URLSearchParams(query) }
}

/** The address of a view. Empty filters are left out. */
export function addressOf(view: string, item = '', query: Readonly<Record<string, string | undefined>> = {}): string {
  const filters = new URLSearchParams()
  for (const [name, text] of Object.entries(query)) if (text) filters.set(name, text)
  const tail = filters.size > 0 ? `?${filters.toString().replaceAll('+', '%20')}` : ''
  return `#/${view}${item === '' ? '' : `/${encodeURIComponent(item)}`}${tail}`
}

/** The same address with another filter of this name; an empty text: without it. */
export function addressWith(hash: string, name: string, text: string): string {
  const { view, item, query } = parseRoute(hash)
  return addressOf(view, item, { ...Object.fromEntries(query), [name]: text })
}
