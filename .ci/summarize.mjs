import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Runs with whatever Node the machine has, also when the dependencies could not be installed.

/** Sums the test reports of all packages that have tests, as vitest writes them; a missing or broken one has failed. */
const counts = ['apps', 'packages', 'infra'].flatMap(foldersIn).filter(hasTests).map(readCounts)
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)

process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = passed > 0 && failed === 0 ? 0 : 1

function foldersIn(parent) {
  return readdirSync(parent).map((name) => join(parent, name))
}

function hasTests(folder) {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return false
  return JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test !== undefined
}

/** A file that could not be loaded has no test that failed. */
function failedAsAWhole({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((result) => result.status === 'failed')
}

function readCounts(folder) {
  try {
    const report = JSON.parse(readFileSync(join(folder, '.turbo/test-report.json'), 'utf8'))
    const failed = report.numFailedTests + report.testResults.filter(failedAsAWhole).length
    return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(1, failed) }
  } catch (error) {
    process.stdout.write(`${folder}: no usable test report (${error.message})\n`)
    return { passed: 0, failed: 1 }
  }
}
