import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@portcullis/runtime'

export interface SignInDevicesOptions {
  /** Own origin as browsers see it. */
  readonly publicUrl: URL
  /** Path of sign-in, the only one to which browsers send the cookie. */
  readonly path: string
  /** Secret of the installation. */
  readonly pepper: string
  readonly clock: Clock
}

/**
 * Remembers, in the browser itself, which accounts have signed in there: a cookie that names neither of them, and that
 * nobody can make who has not signed in. It lets nobody in; it only tells whom not to take for a stranger.
 */
export interface SignInDevices {
  /** Names the device, if the account has signed in there before. @param cookies The `Cookie` header. */
  recognise(account: string, cookies: string | undefined): string | undefined
  /** `Set-Cookie` value after the account has signed in. */
  remember(account: string, cookies: string | undefined): string
}

const NONCE_BYTES = 12
const TIME_BYTES = 4
const MARK_BYTES = NONCE_BYTES + TIME_BYTES
const CHECK_BYTES = 16
/** Accounts that one browser remembers; the one that signed in longest ago goes. */
const MAX_ACCOUNTS = 5
/** Half a year after its last sign-in a device is a stranger's again. */
const MAX_AGE_SECONDS = 15_552_000

/** Which account signed in, known to this gateway alone, and when. */
interface Mark {
  readonly text: string
  readonly bytes: Buffer
}

export function createSignInDevices(options: SignInDevicesOptions): SignInDevices {
  const { publicUrl, path, pepper, clock } = options
  const isSecure = publicUrl.protocol === 'https:'
  const name = isSecure ? '__Secure-device' : 'device'
  const attributes = `Path=${path}; HttpOnly${isSecure ? '; Secure' : ''}; SameSite=Strict`
  const seconds = () => Math.floor(clock.wall() / 1_000)

  function checkOf(mark: Buffer, account: string): Buffer {
    const mac = createHmac('sha256', pepper).update('device').update(mark).update(account)
    return mac.digest().subarray(0, CHECK_BYTES)
  }

  function isOf(account: string, { bytes }: Mark): boolean {
    const mark = bytes.subarray(0, MARK_BYTES)
    const age = seconds() - mark.readUInt32BE(NONCE_BYTES)
    if (age > MAX_AGE_SECONDS) return false
    return timingSafeEqual(bytes.subarray(MARK_BYTES), checkOf(mark, account))
  }

  return {
    recognise(account, cookies) {
      const mark = marksOf(cookies, name).find((mark) => isOf(account, mark))
      return mark?.bytes.toString('base64url', 0, NONCE_BYTES)
    },
    remember(account, cookies) {
      const mark = Buffer.alloc(MARK_BYTES)
      randomBytes(NONCE_BYTES).copy(mark)
      mark.writeUInt32BE(seconds(), NONCE_BYTES)
      const first = Buffer.concat([mark, checkOf(mark, account)]).toString('base64url')
      const others = marksOf(cookies, name).filter((mark) => !isOf(account, mark))
      const marks = [first, ...others.map(({ text }) => text)].slice(0, MAX_ACCOUNTS)
      return `${name}=${marks.join('.')}; ${attributes}; Max-Age=${MAX_AGE_SECONDS}`
    },
  }
}

/** Of any content and number of cookies: what is not as long as a mark is none, and only so many are looked at. */
function marksOf(cookies: string | undefined, name: string): Mark[] {
  if (cookies === undefined) return []
  return cookies
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .flatMap((pair) => pair.slice(name.length + 1).split('.'))
    .slice(0, 2 * MAX_ACCOUNTS)
    .map((text) => ({ text, bytes: Buffer.from(text, 'base64url') }))
    .filter(({ text, bytes }) => isCanonical(text, bytes))
}

function isCanonical(text: string, bytes: Buffer): boolean {
  return bytes.length === MARK_BYTES + CHECK_BYTES && bytes.toString('base64url') === text
}
