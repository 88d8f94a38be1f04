import type { Sabotage } from './sabotages.ts'

/** Defects that let one uploader harm the others. */
export const hostileSabotages: readonly Sabotage[] = [
  {
    name: 'a folder has as many message groups as it has files',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/reconcile/records/inputs.ts',
    find: '  const place = Number.parseInt(groupId(key).slice(0, 8), 16) % groupsOfFolder\n',
    replace: '  const place = Number.parseInt(groupId(key).slice(0, 8), 16) % (groupsOfFolder * 1_000_000)\n',
  },
  {
    name: 'whoever invents a folder has another share of the queue',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/domain/messages/folder-share.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be found
    find: "return folder === undefined ? 'undeclared folders' : `folder ${folder}`",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be put in
    replace: 'return folder === undefined ? `undeclared ${name}` : `folder ${folder}`',
  },
  {
    name: 'the dispatcher takes hints in the order in which they came, whoever caused them',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/reconcile/dispatcher/work-source.ts',
    find: '(this.#lastTake.get(a) ?? 0) - (this.#lastTake.get(b) ?? 0)',
    replace: '0 * ((this.#lastTake.get(a) ?? 0) - (this.#lastTake.get(b) ?? 0))',
  },
  {
    name: 'a slash in a name stands in its history as it is',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/reconcile/records/history.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be found
    find: '%${renderNameInKey(principal)}%',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be put in
    replace: '%${renderNameInKey(principal) && principal}%',
  },
  {
    name: 'whoever an upload is told of has uploaded what is found',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/domain/links/find-uploader.ts',
    find: '  return etag === found.etag && Date.parse(by.at) >= found.lastModified.getTime()\n',
    replace: '  return etag === found.etag || Date.parse(by.at) >= 0\n',
  },
  {
    name: 'whoever uploaded an empty file is named for another empty file',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/domain/links/find-uploader.ts',
    find: 'return versionId === found.versionId\n',
    replace: 'return etag === found.etag\n',
  },
  {
    name: 'a list can only be released while there is no other',
    profile: 'hostile',
    breaks: ['others'],
    file: 'shared/reconcile/brake/brake-file.ts',
    find: 'if (!found) {',
    replace: 'if (!found || record.lists.length > 1) {',
  },
  {
    name: 'a folder may use up what may be revoked for all causes together',
    profile: 'hostile',
    breaks: ['brake'],
    file: 'shared/domain/brake/judge-revocation.ts',
    find: "...[...byFolder.keys()].map((name) => ({ cause: 'folder' as const, name })),",
    replace: "...[...byFolder.keys()].slice(99).map((name) => ({ cause: 'folder' as const, name })),",
  },
  {
    name: 'what one cause takes away is counted for all folders together',
    profile: 'hostile',
    breaks: ['brake'],
    file: 'shared/domain/brake/judge-revocation.ts',
    find: '...folders.map((folder) => ({ ...cause, folder })),',
    replace: '...folders.slice(0, 1).map(() => cause),',
  },
  {
    name: 'a link that nobody can read holds up those that grant the same',
    profile: 'hostile',
    breaks: ['convergence'],
    file: 'shared/reconcile/assignments/gather.ts',
    find: 'links.length === 0 && unreadable.length > 0\n',
    replace: 'unreadable.length > 0\n',
  },
]
