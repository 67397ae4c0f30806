import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  createKeyRing,
  generateSigningKey,
  type Jwks,
  type SigningJwk,
  signingJwkSchema,
} from '@portcullis/context'
import { z } from 'zod'

const secretSchema = z.base64url().min(43)

const storedSchema = z.object({
  pepper: secretSchema,
  tokenKeys: z.array(secretSchema).min(1),
  /** Missing in files of before there were second factors: then there are none. */
  totpKey: secretSchema.optional(),
  gateway: signingJwkSchema,
  worker: signingJwkSchema,
})
type StoredKeys = z.infer<typeof storedSchema>

export interface DevelopmentKeys {
  readonly pepper: string
  readonly totpKey?: string | undefined
  readonly tokenKeys: readonly string[]
  readonly gateway: SigningJwk
  readonly worker: SigningJwk
  /** The public halves by issuer, for the services. */
  readonly trust: Readonly<Record<'gateway' | 'worker', Jwks>>
}

/** New keys, 256 bits each. */
export async function createDevelopmentKeys(): Promise<DevelopmentKeys> {
  return withTrust(await generateKeys())
}

/**
 * The keys in `file`; made and written first if there is none, so that a session outlives a restart. The file is for
 * its owner alone.
 *
 * @throws {z.ZodError} if the file holds something else; deleting it makes new keys.
 */
export async function loadDevelopmentKeys(file: string): Promise<DevelopmentKeys> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text !== null) return withTrust(storedSchema.parse(JSON.parse(text)))
  const keys = await generateKeys()
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return withTrust(keys)
}

async function generateKeys(): Promise<StoredKeys> {
  return {
    pepper: secret(),
    totpKey: secret(),
    tokenKeys: [secret()],
    gateway: await generateSigningKey(),
    worker: await generateSigningKey(),
  }
}

const secret = () => randomBytes(32).toString('base64url')

async function withTrust(keys: StoredKeys): Promise<DevelopmentKeys> {
  const [gateway, worker] = await Promise.all([publicHalf(keys.gateway), publicHalf(keys.worker)])
  return { ...keys, trust: { gateway, worker } }
}

async function publicHalf(signing: SigningJwk): Promise<Jwks> {
  const ring = await createKeyRing({ signing })
  return ring.publicJwks()
}
