import { expect, test } from 'vitest'
import { countLine, countTests, failureLines } from '../../build/countTests.ts'

const report = (change: object): string =>
  JSON.stringify({ numPassedTests: 10, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: true, testResults: [], ...change })

test.each([
  [[report({}), report({ numPassedTests: 5 })], [], '15 passed, 0 failed'],
  [[report({ numPendingTests: 2, numTodoTests: 1 })], [], '10 passed, 0 failed, 3 skipped'],
  [[report({ numFailedTests: 2, success: false })], [], '10 passed, 2 failed'],
  [[report({}), null], [], '10 passed, 1 failed'],
  [[report({ success: false })], [], '10 passed, 1 failed'],
  [[report({ success: false, testResults: [{ name: 'a', status: 'failed', assertionResults: [] }] })], [], '10 passed, 1 failed'],
  [[report({})], ['lint', 'check'], '10 passed, 2 failed'],
])('%#: %s', (reports, steps, line) => expect(countLine(countTests(reports, steps))).toBe(line))

test('each failure is named with the first line of what it said', () => {
  const failed = { name: 'a.test.ts', status: 'failed', assertionResults: [{ fullName: 'works', status: 'passed' }, { fullName: 'holds', status: 'failed', failureMessages: ['expected 1\n at x'] }] }
  const notLoaded = { name: 'b.test.ts', status: 'failed', message: 'no such module\nmore', assertionResults: [] }
  expect(failureLines(report({ success: false, testResults: [failed, notLoaded] }))).toEqual(['failed: a.test.ts: holds: expected 1', 'failed: b.test.ts: no such module'])
})

test('tests run on the Node that package.json pins', () => {
  expect(process.version.split('.')[0]).toBe('v24')
})
