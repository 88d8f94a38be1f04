import { Option } from 'commander'

/** `--yes`, for each command that asks before it changes something. */
export function yesOption(): Option {
  return new Option('--yes', 'do not ask')
}

/** `--reason`, for each command that records why somebody did something. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why; kept in the records')
}

/** `--dry-run`, for each command that can show its changes without making them. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'show the plan; change nothing')
}
