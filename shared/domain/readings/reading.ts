/** `unread`: why it is not known, as a sentence. `since`: from when on it is known, or since when it is not. */
export type Unread = { readonly unread: string; readonly since?: string | undefined }

/** A value with the instant of which it is true, or why it is not known. So a failed read cannot pass for an empty list. */
export type Reading<T> = { readonly is: T; readonly asOf: string } | Unread
