/** First segments of the paths that the gateway answers itself; no service can have one of these names. */
export const OWN_NAMES: ReadonlySet<string> = new Set(['session', 'admin'])
