export type QueryCaller = { readonly accessKeyId: string; readonly account: string }

/** One operation of a service with the query protocol: answers the content of `<…Result>`, as XML. */
export type QueryOperation = (input: Readonly<Record<string, string>>, caller: QueryCaller) => string
