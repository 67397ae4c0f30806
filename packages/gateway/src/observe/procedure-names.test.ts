import { expect, test } from 'vitest'
import { createProcedureNames, OTHER } from './procedure-names.ts'

test('a name has a label once it was admitted, and as many as there is room for', () => {
  const names = createProcedureNames(2)
  for (const path of ['a', 'b', 'a', 'c']) names.admit(path)
  expect(['a', 'b', 'c', 'd'].map(names.labelOf)).toEqual(['a', 'b', OTHER, OTHER])
})
