import { findMembershipFolderFault, membershipPrefix, parseMembershipKey } from '../files/membership-file.ts'
import {
  describeObjection,
  judgeLinkByPolicies,
  judgeMembershipByPolicies,
  judgePermissionSetByPolicies,
  type LinkCase,
  noObjection,
  type Verdict,
} from '../guardrails/judge-by-policies.ts'
import { type Guardrails, noGuardrails } from '../guardrails/policy-file.ts'
import { complainAboutJson } from '../json/json-faults.ts'
import { placeOf, renderJsonPath } from '../json/json-path.ts'
import { isSystemFile } from '../json/system-file.ts'
import { otherPartitionFaults } from '../permission-sets/other-partition.ts'
import { parsePermissionSetFile, parsePermissionSetKey } from '../permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import { type Complaint, type Parsed, refused } from '../statuses/complaint.ts'
import { findFolderFault, linkPrefix, parseLinkKey } from './link.ts'
import { isInForce, type LinkBody, parseLinkBody } from './link-body.ts'
import { splitFolder } from './link-fields.ts'

/** An input as the bucket would hold it. `body` may be empty if `sizeBytes` is too large for a valid input. */
export type InputBytes = { readonly key: string; readonly body: Uint8Array; readonly sizeBytes: number }

/** One fault of an input, and its path in the JSON document. Without a path, the fault is in the name or in the whole input. */
export type InputFault = Omit<Complaint, 'object' | 'faults'> & {
  readonly path?: string
  /** For a fault of the whole folder: the folder's key, with `/` at its end. */
  readonly key?: string
}

export type InputJudgement = {
  /** Empty: the input is valid. */
  readonly faults: readonly InputFault[]
  /** Surprises in a valid input, in whole sentences. */
  readonly warnings: readonly string[]
  /** The permission set that a valid link names. */
  readonly names?: PermissionSetName
  /** The permission set that a file describes, even if the file is invalid. */
  readonly describes?: PermissionSetName
  /** Rules of policies that need facts which are not known yet, as `policy#rule`. */
  readonly later?: readonly string[]
}

/** The policies for valid inputs, with the uploader and the time of the upload. */
export type Rules = Pick<LinkCase, 'uploader' | 'uploadedAt'> & {
  readonly guardrails: Guardrails
  /** Of Identity Center, such as `aws`. `undefined`: not known. */
  readonly partition?: string | undefined
}

/** All faults and warnings that one input shows alone, at this time. */
export function judgeInput(
  input: InputBytes,
  folders: readonly string[],
  now: Date,
  rules: Rules = { guardrails: noGuardrails, uploader: 'later', uploadedAt: now },
): InputJudgement {
  const { key } = input
  const [prefix, findFault] = key.startsWith(membershipPrefix)
    ? [membershipPrefix, findMembershipFolderFault]
    : [linkPrefix, findFolderFault]
  if (!key.startsWith(prefix)) return judgePermissionSet(input, rules)
  const judge = prefix === linkPrefix ? judgeLink : judgeMembership
  const { folder } = splitFolder(key.slice(prefix.length))
  const fault = key.includes('%') && !isSystemFile(key) ? findFault(folder, folders) : undefined
  if (fault === undefined || folder === undefined) return judge(input, folders, { now, rules })
  // Report the file's own faults too.
  const { names: _, ...judged } = judge(input, [...folders, folder], { now, rules })
  return { ...judged, faults: [...judged.faults, { ...fault, key: `${prefix}${folder}/` }] }
}

/** A membership has the same body as a link. */
function judgeMembership(
  { key, body, sizeBytes }: InputBytes,
  folders: readonly string[],
  { now, rules: { guardrails, partition: _, ...upload } }: { readonly now: Date; readonly rules: Rules },
): InputJudgement {
  const named = parseMembershipKey(key, folders)
  const said = parseLinkBody(key, body, sizeBytes)
  const verdict =
    named.ok && said.ok
      ? judgeMembershipByPolicies(guardrails, { membership: named.value, body: said.value, links: 'later', ...upload })
      : noObjection
  return withVerdict(verdict, {
    faults: [...faultsOf(named, body), ...(named.ok ? faultsOf(said, body) : [])],
    warnings: said.ok ? warningsOf(said.value, now) : [],
  })
}

function judgeLink(
  { key, body, sizeBytes }: InputBytes,
  folders: readonly string[],
  { now, rules: { guardrails, partition: _, ...upload } }: { readonly now: Date; readonly rules: Rules },
): InputJudgement {
  const link = parseLinkKey(key, folders)
  const said = parseLinkBody(key, body, sizeBytes)
  // A name without any field, or of a system file, is no link, so its content is not judged as one.
  if (!link.ok && (!key.includes('%') || isSystemFile(key))) return { faults: faultsOf(link, body), warnings: [] }
  const verdict =
    link.ok && said.ok
      ? judgeLinkByPolicies(guardrails, {
          link: link.value,
          body: said.value,
          accounts: 'later',
          overlaps: 'later',
          ...upload,
        })
      : noObjection
  return withVerdict(verdict, {
    faults: [...faultsOf(link, body), ...faultsOf(said, body)],
    warnings: said.ok ? warningsOf(said.value, now) : [],
    ...(link.ok ? { names: link.value.permissionSet } : {}),
  })
}

function judgePermissionSet({ key, body, sizeBytes }: InputBytes, { guardrails, partition }: Rules): InputJudgement {
  const parsedFile = parsePermissionSetFile(key, body, sizeBytes)
  const others = parsedFile.ok ? otherPartitionFaults(parsedFile.value, partition) : []
  const file = others.length === 0 ? parsedFile : refused(complainAboutJson(key, others))
  const name = parsePermissionSetKey(key)
  return withVerdict(file.ok ? judgePermissionSetByPolicies(guardrails, file.value) : noObjection, {
    faults: faultsOf(file, body),
    warnings: file.ok ? file.value.warnings : [],
    ...(name.ok ? { describes: name.value } : {}),
  })
}

function withVerdict({ refusals, warnings, later }: Verdict, judged: InputJudgement): InputJudgement {
  return {
    ...judged,
    faults: [...judged.faults, ...refusals.map(({ received, expected, remedy }) => ({ received, expected, remedy }))],
    warnings: [...judged.warnings, ...warnings.map(describeObjection)],
    ...(later.length > 0 ? { later } : {}),
  }
}

function warningsOf(body: LinkBody, now: Date): readonly string[] {
  if (isInForce(body, now) !== 'expired' || body.expiresAt === undefined) return []
  return [`it expired at ${body.expiresAt.toISOString()}: it grants nothing`]
}

/** The faults. In a JSON file, each has its place in the text. */
export function faultsOf(result: Parsed<unknown>, body: Uint8Array): readonly InputFault[] {
  if (result.ok) return []
  const { object: _, faults, ...whole } = result.complaint
  if (faults === undefined) return [whole]
  const text = new TextDecoder().decode(body)
  return faults
    .map(({ path, field, received, expected, remedy }) => {
      const place = placeOf(text, field === undefined ? path : [...path, field])
      return { path: renderJsonPath(path), place, received, expected, remedy }
    })
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
}
