import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Keeps secrets unreadable at rest, each bound to whom it belongs. */
export interface SecretBox {
  seal(secret: string, owner: string): string
  /** @throws when it was sealed with another key or for somebody else, or was changed. */
  open(sealed: string, owner: string): string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM. @param key 32 bytes in base64url; of more, the first 32. */
export function createSecretBox(key: string): SecretBox {
  const secretKey = Buffer.from(key, 'base64url').subarray(0, 32)
  if (secretKey.length < 32) throw new TypeError('key must be 32 bytes in base64url')
  return {
    seal(secret, owner) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secretKey, nonce).setAAD(Buffer.from(owner))
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed, 'base64url')
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', secretKey, nonce, {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
      const secret = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([secret, decipher.final()]).toString('utf8')
    },
  }
}
