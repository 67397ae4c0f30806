/** Numbers are rounded to a tenth of a pixel, so that the same result gives the same text. */
type Attributes = Readonly<Record<string, string | number>>

/** One element; what is inside is SVG already. */
export function element(name: string, attributes: Attributes, inside = ''): string {
  const written = Object.entries(attributes)
    .map(
      ([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeText(value)}"`,
    )
    .join('')
  return inside === '' ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`
}

export function text(content: string, attributes: Attributes): string {
  return element('text', attributes, escapeText(content))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Characters that XML 1.0 section 2.2 does not allow are left out. */
function escapeText(content: string): string {
  return content
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '')
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
