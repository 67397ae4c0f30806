/** What kind of device a session lives on. The order is the code in a record: append only. */
export const DEVICE_KINDS = [
  'unknown',
  'browser',
  'phone',
  'tablet',
  'desktop-app',
  'command-line',
  'server',
] as const

export type DeviceKind = (typeof DEVICE_KINDS)[number]

export interface Device {
  readonly kind: DeviceKind
  /** What a person would recognise it by, such as `Firefox on Linux`; at most 80 characters. Kept apart, as it is free text. */
  readonly label: string | null
}
