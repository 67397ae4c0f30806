/** Whether a `Content-Type` is JSON of some kind; parameters are ignored. */
export function isJson(contentType: string | string[] | undefined): boolean {
  return /^\s*application\/(?:[\w.-]+\+)?json\b/i.test(String(contentType ?? ''))
}
