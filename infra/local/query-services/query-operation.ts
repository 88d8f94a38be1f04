/** Who calls, by the credentials of the request. */
export type QueryCaller = { readonly accessKeyId: string; readonly account: string }

/** One operation of a service that speaks the query protocol: answers what stands within `<…Result>`, as XML. */
export type QueryOperation = (input: Readonly<Record<string, string>>, caller: QueryCaller) => string
