import type { Device } from '@portcullis/sessions'

const KINDS: readonly (readonly [RegExp, Device['kind']])[] = [
  [/iPad|Tablet|Android(?!.*Mobile)/, 'tablet'],
  [/Mobile|iPhone/, 'phone'],
  [/Electron|Tauri/, 'desktop-app'],
  [/^Mozilla\//, 'browser'],
  [/^(?:curl|Wget|HTTPie)\//, 'command-line'],
  [/^(?:node|undici|axios|Go-http|python|okhttp|Java)\b/, 'server'],
]

// Order matters: every browser names those it descends from.
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

/** What a person would recognise a device by, from its `User-Agent`: `Firefox on Linux`. For display only. */
export function deviceOf(userAgent: string | undefined): Device {
  if (userAgent === undefined) return { kind: 'unknown', label: null }
  const program = firstMatch(PROGRAMS, userAgent)
  const system = firstMatch(SYSTEMS, userAgent)
  const label = program && system ? `${program} on ${system}` : (program ?? system ?? null)
  return { kind: firstMatch(KINDS, userAgent) ?? 'unknown', label }
}

function firstMatch<T>(table: readonly (readonly [RegExp, T])[], text: string): T | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1]
}
