import { short } from '../../report/table.ts'

/** A number as people write it. */
export function count(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}

/** Three digits that mean something. */
export function given(number: number): string {
  return short(number)
}
