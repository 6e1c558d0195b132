import { expect, test } from 'vitest'
import { Demangler } from '../../../src-main/engine/recognize/demangle.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'

const demangler = new Demangler(wasmModule('demangle'))

test.each<[string, string | null]>([
  ['_ZN4shop6Basket5countEv', 'shop::Basket::count()'],
  ['_ZTV6Player', '{vtable(Player)}'],
  ['_ZN7mycrate3foo17h05af221e174051e9E', 'mycrate::foo'],
  ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
  // names of C with an underscore in front, or two
  ['_start', null],
  ['__libc_start_main', null],
  ['_read', null],
  ['main', null],
])('%s', (mangled, name) => expect(demangler.demangle(mangled)).toBe(name))
