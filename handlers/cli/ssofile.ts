#!/usr/bin/env node
import { runCommand } from './run-command.ts'
import { surviveLostReaders } from './terminal/lost-readers.ts'

surviveLostReaders(process)
await runCommand()
