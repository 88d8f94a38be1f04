import { Option } from 'commander'

/** `--invalid`, for each command that uploads the files of a folder or shows such an upload. */
export function invalidOption(): Option {
  const add = (key: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), key]
  return new Option(
    '--invalid <key>',
    'upload this file though it is not valid, and take away what the file before it gives; may be given several times',
  ).argParser(add)
}
