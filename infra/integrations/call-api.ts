import * as z from 'zod'

/** One API with its token. `next`: the place of the next page, from the API's answer. */
export type Api = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

type Call<T> = {
  readonly method?: 'POST' | 'PATCH' | 'PUT'
  readonly path: string
  readonly body?: unknown
  readonly answer: z.ZodType<T>
}

/** Throws with the API's message. */
export async function callApi<T>({ url, headers }: Api, { method, path, body, answer }: Call<T>): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method: method ?? 'GET',
    headers: { 'content-type': 'application/json', 'user-agent': 'ssofile', ...headers },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method ?? 'GET'} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
  return answer.parse(JSON.parse(text))
}

/** A call whose answer does not matter. */
export async function writeApi(api: Api, method: 'POST' | 'PATCH' | 'PUT', path: string, body: object): Promise<void> {
  await callApi(api, { method, path, body, answer: z.unknown() })
}

const perPage = 100

/** All pages, until one is not full. Both APIs give at most 100 a page. */
export async function* listApi<T>(api: Api, path: string, item: z.ZodType<T[]>): AsyncGenerator<T> {
  for (let page = 1; ; page++) {
    const separator = path.includes('?') ? '&' : '?'
    const items = await callApi(api, { path: `${path}${separator}per_page=${perPage}&page=${page}`, answer: item })
    yield* items
    if (items.length < perPage) return
  }
}
