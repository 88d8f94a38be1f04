import { kinds } from '../../domain/inputs/kinds.ts'
import {
  nameInSelectorKey,
  type Selector,
  type Selectors,
  selectorsMost,
  tooManySelectors,
} from '../../domain/scopes/selector-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { ParsedFiles } from './parsed-files.ts'

/**
 * The selectors of a bucket as they are now. They decide what is granted and revoked, so each call lists them again. Throws if
 * S3 does not answer.
 */
export class SelectorFiles {
  readonly #files: ParsedFiles<Selector>

  constructor(objects: ObjectStore) {
    this.#files = new ParsedFiles(objects, kinds.selector, {
      filesMost: selectorsMost,
    })
  }

  async read(): Promise<Selectors> {
    return (await this.readWithContents()).selectors
  }

  /** `contents`: by name, a text that changes if the content of the file changes, or if the file becomes usable. */
  async readWithContents(): Promise<{ readonly selectors: Selectors; readonly contents: ReadonlyMap<string, string> }> {
    const { files, contents } = await this.#files.readByName(nameInSelectorKey, tooManySelectors)
    return { selectors: files, contents }
  }
}
