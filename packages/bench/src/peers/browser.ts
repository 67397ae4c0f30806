/** What browsers send with each request. */
export const BROWSER_HEADERS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: '*/*',
  'accept-language': 'en-US,en;q=0.5',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
} as const

/**
 * Signs somebody in at a gateway whose identity is a name.
 *
 * @returns the `cookie` header.
 */
export async function signIn(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/session.signIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  const [cookie] = response.headers.getSetCookie()
  if (cookie === undefined) throw new Error(`nobody was signed in: ${await response.text()}`)
  return cookie.split(';', 1)[0] as string
}
