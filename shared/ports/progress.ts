/** Told what is being done, and how many of how many are done. For people who wait; nothing depends on it. */
export type TellProgress = (step: string, counted?: Counted) => void
export type Counted = { readonly done: number; readonly of: number }
