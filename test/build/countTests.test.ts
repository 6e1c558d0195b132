import { expect, test } from 'vitest'
import { countLine, countTests } from '../../build/countTests.ts'

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

test('tests run on the Node that package.json pins', () => {
  expect(process.version.split('.')[0]).toBe('v24')
})
