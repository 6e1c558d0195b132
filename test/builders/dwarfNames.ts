/** Names of tags, attributes, forms and operations for the DWARF builder: the reader's constants without their prefix, and some that only tests need. */
import * as dwarf from '../../src-main/engine/dwarf/constants.ts'

type Named<Prefix extends string> = keyof typeof dwarf extends infer Key ? (Key extends `${Prefix}${infer Name}` ? Name : never) : never

function named<Prefix extends string>(prefix: Prefix): Record<Named<Prefix>, number> {
  const found = Object.entries(dwarf).filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), value])) as Record<Named<Prefix>, number>
}

export const TAG = named('DW_TAG_')
export const ATTRIBUTE = named('DW_AT_')
export const FORM = named('DW_FORM_')
export const OPERATION = named('DW_OP_')
export const CONTENT = named('DW_LNCT_')
export const RLE = named('DW_RLE_')
export const UNIT_TYPE = named('DW_UT_')

export type TagName = keyof typeof TAG
export type AttributeName = keyof typeof ATTRIBUTE
export type FormName = keyof typeof FORM
export type OperationName = keyof typeof OPERATION
export type ContentName = keyof typeof CONTENT
