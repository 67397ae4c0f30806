import { createKeyRing, generateSigningKey, type KeyRing } from '@portcullis/context'

/** What all instances of one installation share; plain data, so that it can be handed to a process. */
export interface Secrets {
  readonly pepper: string
  readonly tokenKeys: readonly string[]
  readonly signingKey: Awaited<ReturnType<typeof generateSigningKey>>
}

export async function createSecrets(): Promise<Secrets> {
  return {
    pepper: Buffer.alloc(32, 7).toString('base64url'),
    tokenKeys: [Buffer.alloc(32, 9).toString('base64url')],
    signingKey: await generateSigningKey(),
  }
}

export function keyRingOf({ signingKey }: Secrets): Promise<KeyRing> {
  return createKeyRing({ signing: signingKey })
}
