/**
 * Cuts a JSON text into the texts of its members without reading them: only strings and brackets are followed, so
 * whatever a transformer put into a value stays as it is. A piece is balanced, thus it cannot add a member to the text
 * it is put into; whether it is valid JSON is for its reader to say.
 */

/** The members of an object by key; undefined if the text is no object or names a key twice. */
export function objectPieces(text: string): Map<string, string> | undefined {
  const members = new Map<string, string>()
  const isObject = eachMember(text, '{', '}', (at) => {
    const keyEnd = text[at] === '"' ? skipString(text, at) : -1
    const colon = skipSpace(text, keyEnd)
    if (keyEnd === -1 || text[colon] !== ':') return -1
    const start = skipSpace(text, colon + 1)
    const end = skipValue(text, start)
    const key = readKey(text.slice(at, keyEnd))
    if (key === undefined || members.has(key)) return -1
    members.set(key, text.slice(start, end))
    return end
  })
  return isObject ? members : undefined
}

/** The elements of an array; undefined if the text is none. */
export function arrayPieces(text: string): string[] | undefined {
  const elements: string[] = []
  const isArray = eachMember(text, '[', ']', (at) => {
    const end = skipValue(text, at)
    elements.push(text.slice(at, end))
    return end
  })
  return isArray ? elements : undefined
}

/** Steps over a comma-separated list; `readMember` gets where one begins and returns where it ends, -1 to give up. */
function eachMember(
  text: string,
  open: string,
  close: string,
  readMember: (at: number) => number,
): boolean {
  let at = skipSpace(text, 0)
  if (text[at] !== open) return false
  at = skipSpace(text, at + 1)
  if (text[at] !== close) {
    for (;;) {
      const end = readMember(at)
      if (end === -1) return false
      at = skipSpace(text, end)
      if (text[at] === close) break
      if (text[at] !== ',') return false
      at = skipSpace(text, at + 1)
    }
  }
  return skipSpace(text, at + 1) === text.length
}

/** Index after the value that begins at `at`; -1 if there is none or it does not end. */
function skipValue(text: string, at: number): number {
  const char = text[at]
  if (char === '"') return skipString(text, at)
  if (char === '{' || char === '[') return skipBracketed(text, at)
  let end = at
  while (TOKEN.test(text[end] ?? '')) end++
  return end === at ? -1 : end
}

const TOKEN = /^[-+.\w]$/

function skipBracketed(text: string, at: number): number {
  const closers: string[] = []
  for (let i = at; i < text.length; i++) {
    const char = text[i]
    if (char === '{') closers.push('}')
    else if (char === '[') closers.push(']')
    else if (char === '}' || char === ']') {
      if (closers.pop() !== char) return -1
      if (closers.length === 0) return i + 1
    } else if (char === '"') {
      const end = skipString(text, i)
      if (end === -1) return -1
      i = end - 1
    }
  }
  return -1
}

/** Index after the string that begins at `at`; -1 if it does not end. */
function skipString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') i++
    else if (char === '"') return i + 1
  }
  return -1
}

function skipSpace(text: string, at: number): number {
  let i = at
  while (i >= 0 && SPACE.test(text[i] ?? '')) i++
  return i
}

const SPACE = /^[ \t\n\r]$/

function readKey(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}
