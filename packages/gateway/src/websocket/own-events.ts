/** An event of a stream of server-sent events that the gateway made itself. */
export interface OwnEvent {
  /** `message` for one without a name. */
  readonly event: string
  readonly data: string
}

export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<OwnEvent> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) yield parseEvent(block)
  }
}

function parseEvent(block: string): OwnEvent {
  const lines = block.split('\n')
  const fieldOf = (name: string) =>
    lines
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trimStart()
  return { event: fieldOf('event:') ?? 'message', data: fieldOf('data:') ?? '' }
}
