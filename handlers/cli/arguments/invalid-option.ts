import { Option } from 'commander'

/** `--invalid`, for each command that uploads the files of a folder or shows such an upload. */
export function invalidOption(): Option {
  const add = (key: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), key]
  return new Option(
    '--invalid <key>',
    'upload this invalid file, which takes away the access of the file before it (may be repeated)',
  ).argParser(add)
}
