import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Sums the test reports of all packages that have tests, as vitest writes them; a missing or broken one has failed. */
const counts = globSync('{apps,packages,infra}/*/package.json').filter(hasTests).map(readCounts)
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)

process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = passed > 0 && failed === 0 ? 0 : 1

function hasTests(manifest) {
  return JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test !== undefined
}

function readCounts(manifest) {
  const folder = dirname(manifest)
  try {
    const report = JSON.parse(readFileSync(join(folder, '.turbo/test-report.json'), 'utf8'))
    // A file that could not be loaded, or a type error, fails without a failed test.
    const failed = report.success ? 0 : Math.max(1, report.numFailedTests)
    return { passed: report.numPassedTests, failed }
  } catch (error) {
    process.stdout.write(`${folder}: no usable test report (${error.message})\n`)
    return { passed: 0, failed: 1 }
  }
}
