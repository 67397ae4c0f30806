import type { DEVICE_KINDS } from '@portcullis/revocation'

/** What kind of device a session lives on. */
export type DeviceKind = (typeof DEVICE_KINDS)[number]

export interface Device {
  readonly kind: DeviceKind
  /** What a person would recognise it by, such as `Firefox on Linux`; at most 80 characters. Kept apart, as it is free text. */
  readonly label: string | null
}
