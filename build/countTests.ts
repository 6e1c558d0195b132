/**
 * The last line of .ci/run: `N passed, N failed`, with `, N skipped` where there are any, of vitest's JSON reports. Also failed:
 * a report that is missing, a file whose tests could not be loaded, a failed step (named after `--`). Exits with 1 then.
 */
import { readFileSync } from 'node:fs'

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  success: boolean
  testResults: { name: string; status: string; message?: string; assertionResults: { fullName: string; status: string; failureMessages?: string[] }[] }[]
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** `reports`: their texts; null for one that is missing. */
export function countTests(reports: readonly (string | null)[], failedSteps: readonly string[]): Counts {
  const counts = { passed: 0, failed: failedSteps.length, skipped: 0 }
  for (const text of reports) {
    const report = text === null ? null : (JSON.parse(text) as Report)
    if (report === null) {
      counts.failed++
      continue
    }
    const notLoaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
    const failed = report.numFailedTests + notLoaded
    counts.passed += report.numPassedTests
    // An error outside of every test fails the run and no test.
    counts.failed += failed === 0 && !report.success ? 1 : failed
    counts.skipped += report.numPendingTests + report.numTodoTests
  }
  return counts
}

/** A line for each failure of a report, with the first line of what it said. */
export function failureLines(text: string): string[] {
  const report = JSON.parse(text) as Report
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length > 0) return failed.map((test) => `failed: ${name}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`)
    return status === 'failed' ? [`failed: ${name}: ${firstLine(message)}`] : []
  })
}

const firstLine = (text: string | undefined): string => (text ?? '').split('\n', 1)[0]

export function countLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

if (import.meta.main) {
  const args = process.argv.slice(2)
  const end = args.indexOf('--')
  const files = end < 0 ? args : args.slice(0, end)
  const failedSteps = end < 0 ? [] : args.slice(end + 1)
  for (const step of failedSteps) console.log(`failed: ${step}`)
  const reports = files.map(readOrNull)
  for (const report of reports) if (report !== null) for (const line of failureLines(report)) console.log(line)
  const counts = countTests(reports, failedSteps)
  console.log(countLine(counts))
  process.exitCode = counts.failed > 0 ? 1 : 0
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    console.log(`missing: ${file}`)
    return null
  }
}
