import { collectComments, collectMessages, collectParagraphs, type Words } from './collect-words.ts'
import { findConstructions, percentOf } from './plain-words.ts'

// Prints every message that people can see, file by file; with --style what messages, comments and pages should say in plainer words.
if (process.argv.includes('--style')) {
  const kinds = { messages: collectMessages, comments: collectComments, paragraphs: collectParagraphs }
  for (const [kind, collect] of Object.entries(kinds)) {
    const words = collect()
    const faults = findConstructions(words)
    print(faults.map((fault) => ({ ...fault, text: `[${fault.construction}] ${fault.text}` })))
    console.log(`\n${kind}: ${percentOf(faults, words).toFixed(1)} % of ${words.length}`)
  }
} else {
  const messages = collectMessages()
  print(messages)
  console.log(`\n${messages.length} messages`)
}

function print(words: readonly Words[]): void {
  for (const [path, ofFile] of Map.groupBy(words, (one) => one.path)) {
    console.log(`\n${path}`)
    for (const { line, text } of ofFile) console.log(`  ${line}: ${text}`)
  }
}
