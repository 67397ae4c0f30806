import { z } from 'zod'

/** What a request carries, and whom that stands for. */
export interface Credentials {
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
}

const answerSchema = z.object({ subject: z.string(), token: z.string().optional() })

/** Signs people in at a peer, one after the other. */
export async function signInAt(url: string, count: number): Promise<Credentials[]> {
  const people: Credentials[] = []
  for (let n = 0; n < count; n += 1) people.push(await signIn(url, `usr_${n}`))
  return people
}

async function signIn(url: string, name: string): Promise<Credentials> {
  const response = await fetch(`${url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject: name }),
  })
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`)
  const { subject, token } = answerSchema.parse(await response.json())
  if (token) return { subject, headers: { authorization: `Bearer ${token}` } }
  const pairs = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0])
  return { subject, headers: { cookie: pairs.join('; ') } }
}
