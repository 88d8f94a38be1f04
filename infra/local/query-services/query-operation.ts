import type { XmlMembers } from '../s3/xml-text.ts'

export type QueryCaller = { readonly accessKeyId: string; readonly account: string }

/** One operation of a service with the query protocol: answers the content of `<…Result>`. */
export type QueryOperation = (input: Readonly<Record<string, string>>, caller: QueryCaller) => XmlMembers
