/** Counts the server-sent events in bytes that pass, an event being what a blank line ends. */
export class EventCounter {
  #total = 0
  #endsInLine = false

  get total(): number {
    return this.#total
  }

  count(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    if (this.#endsInLine && text[0] === NEWLINE) {
      this.#total += 1
      at = 1
    }
    for (let end = text.indexOf(BLANK, at); end !== -1; end = text.indexOf(BLANK, at)) {
      this.#total += 1
      at = end + 2
    }
    this.#endsInLine = text.length > at && text.at(-1) === NEWLINE
  }
}

const NEWLINE = 0x0a
const BLANK = Buffer.from('\n\n')
