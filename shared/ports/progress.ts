/** Gets the running step, and how many of its items are done. For people who wait. Nothing depends on it. */
export type TellProgress = (step: string, counted?: Counted) => void
export type Counted = { readonly done: number; readonly of: number }
