import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { paint } from '../terminal/paint.ts'
import type { InputError, InputWarning, Validation } from './validate-inputs.ts'

/** Every error and warning, then the figures, for a terminal. */
export function renderValidation({ links, memberships, permissionSets, errors, warnings }: Validation): string {
  const wrong = new Set(errors.map(({ key }) => key)).size
  const members = memberships === 0 ? '' : `, ${count(memberships, 'membership')}`
  const files = `${count(links, 'link')}${members} and ${count(permissionSets, 'permission set')}`
  const verdict =
    errors.length === 0
      ? paint('good', `valid: ${files}`)
      : `${paint('bad', `not valid: ${count(errors.length, 'error')} in ${count(wrong, 'file')}`)}, of ${files}`
  const warned = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`
  const blocks = [...errors.map(renderError), ...warnings.map(renderWarning)]
  return `${blocks.map((block) => `${block}\n`).join('')}${verdict}${warned}\n`
}

function renderError({ key, path, place, received, expected, remedy }: InputError): string {
  const at = place === undefined ? '' : `:${place.line}:${place.column}`
  const where = path === undefined ? '' : `  ${path}`
  const parts = [
    ['received', received],
    ['expected', expected],
    ['do', remedy],
  ]
  return `${paint('bad', `${quote(key, 1100)}${at}`)}${where}\n${parts.map(([name = '', text = '']) => `  ${name.padEnd(10)}${quote(text, 2000)}\n`).join('')}`
}

function renderWarning({ key, warning }: InputWarning): string {
  const object = key === undefined ? '' : `${quote(key, 1100)}\n  `
  return `${object}${paint('pending', 'warning')}   ${quote(warning, 2000)}\n`
}
