/** What a subscription said, in order. */
export interface Heard<Data> {
  readonly data: Data[]
  /** Codes of the errors after which it came back. */
  readonly interruptions: string[]
  /** How often it was connected. */
  connections: number
  /** The code with which it ended for good; null while it goes on, 'completed' without an error. */
  end: string | null
  stop(): void
}

interface Callbacks<Data> {
  onStarted(): void
  onData(data: Data): void
  onConnectionStateChange(state: { readonly state: string; readonly error: unknown }): void
  onError(error: unknown): void
  onComplete(): void
}

/** Follows a subscription of a stock client. */
export function hear<Data>(
  subscribe: (callbacks: Callbacks<Data>) => { unsubscribe(): void },
): Heard<Data> {
  const heard = {
    data: [] as Data[],
    interruptions: [] as string[],
    connections: 0,
    end: null as string | null,
  }
  const { unsubscribe } = subscribe({
    onStarted: () => {
      heard.connections += 1
    },
    onData: (data) => heard.data.push(data),
    onConnectionStateChange(state) {
      if (state.state === 'connecting' && state.error) heard.interruptions.push(codeOf(state.error))
    },
    onError: (error) => {
      heard.end = codeOf(error)
    },
    onComplete: () => {
      heard.end ??= 'completed'
    },
  })
  return Object.assign(heard, { stop: unsubscribe })
}

/** `UNAUTHORIZED ERR_SESSION_REVOKED`, say; `untyped` for what is no error of tRPC's. */
export function codeOf(error: unknown): string {
  const { data } = error as { data?: { code?: string; portcullis?: { code?: string } } | null }
  if (!data?.code) return 'untyped'
  return [data.code, data.portcullis?.code].filter(Boolean).join(' ')
}
