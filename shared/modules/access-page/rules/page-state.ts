import { type Filter, noFilter } from './filter-rows.ts'
import type { Sorting } from './sort-rows.ts'

export const viewNames = ['access', 'matrix', 'changes', 'attention'] as const
export type ViewName = (typeof viewNames)[number]

/** The state of the page as a value: the whole display follows from it. */
export type PageState = { readonly view: ViewName; readonly filter: Filter; readonly sorting: Sorting }

export const firstState: PageState = {
  view: 'access',
  filter: noFilter,
  sorting: { by: 'person', isDescending: false },
}
