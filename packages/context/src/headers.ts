/** Request header with the signed context that the gateway made for the service. */
export const CONTEXT_HEADER = 'x-portcullis-context'

/** Request header with the assertion of a calling service. */
export const ASSERTION_HEADER = 'x-portcullis-assertion'

/**
 * Request header with a place in the log, as `formatPosition` writes it: the request is decided there or later. A change of
 * claims answers with it as `atLeast`.
 */
export const AT_LEAST_HEADER = 'x-portcullis-at-least'

/**
 * Response header of a service that has heard more of the log than the context it was sent, with its own position.
 * Nothing was executed: the request may be sent again with a newer context.
 */
export const STALE_HEADER = 'x-portcullis-stale'
