export const apiKinds = ['links', 'permission-sets'] as const
export type ApiKind = (typeof apiKinds)[number]

/** The name of a link may have slashes, and API Gateway decodes `%2F` before it looks for the route: so `+`. */
const item: Readonly<Record<ApiKind, string>> = {
  links: '/links/{link+}',
  'permission-sets': '/permission-sets/{name}',
}

/**
 * What the API answers, as API Gateway names routes. `ANY` stands for every other method, which is refused with 405; without
 * it API Gateway would say that there is no such path. (API Gateway Developer Guide, "Create routes for HTTP APIs".)
 */
export function routesOf(kind: ApiKind, { mayChange }: { readonly mayChange: boolean }): readonly string[] {
  const list = `/${kind}`
  return [
    ...(mayChange ? [`POST ${list}`] : []),
    `GET ${list}`,
    `ANY ${list}`,
    `GET ${item[kind]}`,
    `ANY ${item[kind]}`,
  ]
}
