export const apiKinds = ['links', 'permission-sets'] as const
export type ApiKind = (typeof apiKinds)[number]
/** The kinds of changes that the API can allow, each on its own. Links and permission sets can always be read. */
export const apiChanges = [...apiKinds, 'requests'] as const
export type ApiChange = (typeof apiChanges)[number]

/** The name of a link may contain slashes, and API Gateway decodes `%2F` before it looks for the route: so `+`. */
const item: Readonly<Record<ApiKind, string>> = {
  links: '/links/{link+}',
  'permission-sets': '/permission-sets/{name}',
}

/**
 * The routes of the API, in API Gateway's notation. `ANY` stands for every other method: the API refuses it with 405. Without it API
 * Gateway would say that the path does not exist. (API Gateway Developer Guide, "Create routes for HTTP APIs".)
 */
export function routesOf(changes: readonly ApiChange[]): readonly string[] {
  return [
    ...apiKinds.flatMap((kind) => [
      ...routesOfPath(`/${kind}`, [...(changes.includes(kind) ? ['POST'] : []), 'GET']),
      ...routesOfPath(item[kind], ['GET']),
    ]),
    ...(changes.includes('requests') ? routesOfRequests : []),
  ]
}

/** All or none: a disabled feature needs no rights. */
const routesOfRequests = [
  ...routesOfPath('/eligibility', ['GET']),
  ...routesOfPath('/requests', ['POST', 'GET']),
  ...routesOfPath('/requests/{request+}', ['GET']),
  ...routesOfPath('/approvals', ['POST']),
  ...routesOfPath('/approvals/{digest}', ['GET']),
  ...routesOfPath('/reviews', ['GET']),
  ...routesOfPath('/reviews/{review}', ['GET']),
  ...routesOfPath('/reviews/{review}/items', ['GET']),
  ...routesOfPath('/decisions', ['POST']),
]

function routesOfPath(path: string, methods: readonly string[]): readonly string[] {
  return [...methods, 'ANY'].map((method) => `${method} ${path}`)
}
