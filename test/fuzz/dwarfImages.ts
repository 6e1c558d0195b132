/** Debug sections that the DWARF campaigns damage: built ones of each version, and those of a library that a compiler made. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DWARF_SECTIONS, SECTION_NAME, type DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { as, buildDwarf, die, expression, ranges, ref, unit, type Die, type UnitSpec } from '../builders/dwarf.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'

type Version = UnitSpec['version']

/** A bit of everything that the version has. */
function variety(version: Version, n: number): Die[] {
  const member = (name: string, type: string, at: number): Die => die('member', { name, type: ref(type), data_member_location: at })
  const end = (low: number): number => (version < 4 ? low + 16 : 16)
  return [
    die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }), die('base_type#char', { name: as('string', 'char'), byte_size: 1, encoding: 6 }),
    die('namespace', { name: `n${n}` }, [
      die('structure_type#A', { name: 'A', byte_size: 32, decl_file: 1, decl_line: 10 }, [
        member('i', 'int', 0), die('member', { name: 'bits', type: ref('int'), bit_size: 3, data_bit_offset: 33 }), member('b', 'B*', 8),
        die('inheritance', { type: ref('B'), data_member_location: 16 }),
        die('union_type#u', { byte_size: 8 }, [member('x', 'int', 0), member('y', 'a', 0)]), member('u', 'u', 24),
        die('template_type_parameter', { name: 'T', type: ref('int') }), die('template_value_parameter', { name: 'N', type: ref('int'), const_value: as('sdata', -3) }),
      ]),
      die('class_type#B', { name: 'B', byte_size: 8 }, [member('a', 'A*', 0), die('subprogram#run', { name: 'run', external: true, declaration: true }, [die('formal_parameter', { type: ref('int') })])]),
      die('enumeration_type', { name: 'E', byte_size: 4 }, [die('enumerator', { name: 'one', const_value: 1 }), die('enumerator', { name: 'two', const_value: as('sdata', -2) })]),
    ]),
    die('pointer_type#A*', { byte_size: 8, type: ref('A') }), die('pointer_type#B*', { byte_size: 8, type: ref('B') }), die('const_type#c', { type: ref('A*') }),
    die('array_type#a', { type: ref('char') }, [die('subrange_type', { upper_bound: 3 }), die('subrange_type', { count: as('udata', 2) })]),
    die('subroutine_type#f', { type: ref('int') }, [die('formal_parameter', { type: ref('c') }), die('unspecified_parameters')]),
    die('typedef', { name: 'F', type: ref('f') }), die('structure_type', { name: 'Opaque', declaration: true }),
    die('ptr_to_member_type', { type: ref('f'), containing_type: ref('B') }),
    die('structure_type', { name: 'R', byte_size: 8 }, [die('variant_part', { discr: ref('d') }, [die('member#d', { type: ref('char') }), die('variant', { discr_value: 1 }, [member('v', 'int', 4)])])]),
    die('variable', { name: 'v', type: ref('A'), external: true, location: expression(['addr', 0x4000 + n]) }),
    die('subprogram', { specification: ref('run'), low_pc: 0x1000 * n + 16, high_pc: end(0x1000 * n + 16) }, [die('lexical_block', {}, [die('variable', { name: 'once', type: ref('int'), location: expression(['addr', 0x5000 + n]) })])]),
    die('subprogram', { name: 'parts', ranges: version < 5 ? ranges(['offset_pair', 0x100 * n, 0x100 * n + 8]) : as('rnglistx', ranges(['start_length', 0x100 * n, 8], ['startx_length', 0x9000, 4])) }),
  ]
}

const LINES: UnitSpec['lines'] = { directories: ['/src', 'inc'], files: [['a.cc', 0], ['a.h', 1]] }

function units(version: Version): UnitSpec[] {
  return [1, 2, 3].map((n) => unit(variety(version, n), {
    version,
    format: n === 3 ? 64 : 32,
    attributes: { name: version < 5 ? `file${n}.cc` : as('line_strp', `file${n}.cc`), comp_dir: '/src', language: 0x1a, low_pc: 0 },
    lines: LINES,
  }))
}

export const BUILT = ['version 2', 'version 3', 'version 4', 'version 5', 'type units 4', 'type units 5', 'dwz', 'split 4', 'split 5', 'package 4', 'package 5'] as const

export function builtSections(name: (typeof BUILT)[number]): DwarfFile[] {
  const version = Number(name.at(-1)) as Version
  const typeUnit = (kind: 'type' | 'split_type'): UnitSpec => unit([die('structure_type#T', { name: 'T', byte_size: 4 }, [die('member', { name: 'x', type: ref('tint'), data_member_location: 0 })]), die('base_type#tint', { name: 'int', byte_size: 4, encoding: 5 })], { version, kind, id: 0x1234567890n, type: 'T' })
  const user = die('variable', { name: 'typed', type: as('ref_sig8', 0x1234567890n), location: expression(['addr', 0x10]) })
  if (name.startsWith('type units')) return buildDwarf({ units: [unit([...variety(version, 1), user], { version, lines: LINES }), typeUnit('type'), ...units(version)] }).files
  if (name === 'dwz') {
    const shared = unit([die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }), die('structure_type#S', { name: 'S', byte_size: 4 }, [die('member', { name: 'x', type: ref('int'), data_member_location: 0 })])], { version: 4, kind: 'partial', label: 'shared' })
    const main = unit([die('imported_unit', { import: ref('shared') }), die('variable', { name: as('GNU_strp_alt', 'text'), type: ref('S'), location: expression(['addr', 0x10]) })], { version: 4 })
    return buildDwarf({ units: [main] }, { kind: 'dwz', units: [shared] }).files
  }
  if (!name.startsWith('split') && !name.startsWith('package')) return buildDwarf({ units: units(version) }).files
  const skeleton = (id: bigint): UnitSpec => unit(null, { version, kind: 'skeleton', id, attributes: { [version < 5 ? 'GNU_dwo_name' : 'dwo_name']: `${id}.dwo`, comp_dir: '/src', low_pc: 0x1000 } })
  const split = (n: number): UnitSpec => unit([...variety(version, n), user, die('variable', { name: 'indexed', type: ref('A'), location: expression([version < 5 ? 'GNU_addr_index' : 'addrx', 0x77]) })], { version, kind: 'split_compile', id: BigInt(n), attributes: { name: `${n}.cc`, language: 0x1a }, lines: LINES })
  const main = { units: [skeleton(1n), skeleton(2n)] }
  if (name.startsWith('split')) return buildDwarf(main, { name: '1.dwo', kind: 'split', units: [split(1), typeUnit('split_type')] }, { name: '2.dwo', kind: 'split', units: [split(2)] }).files
  return buildDwarf(main, { name: 'a.dwp', kind: 'split', package: version < 5 ? 2 : 5, units: [split(1), split(2), typeUnit('split_type')] }).files
}

const SOURCE = `
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace shop {
struct Base { virtual ~Base() {} int id : 5; unsigned flags : 11; };
template <typename T, int N> struct Row : virtual Base { T cells[N]; std::shared_ptr<T> owner; union { int i; double d; }; };
enum class Color : unsigned char { red = 1, green = 200 };
typedef int (*Callback)(const Base &, ...);
struct Order : Row<std::string, 3> { std::map<int, std::vector<Color>> colors; Callback done; int Base::*member; static int count; };
int Order::count = 7;
thread_local Order current;
static int sum(const std::vector<int> &values) { static int calls; int sum = ++calls; for (int value : values) sum += value; return sum; }
}
int total(const std::vector<int> &values) { shop::Order order; order.colors[1]; return shop::sum(values) + shop::current.i + order.id; }
`

/** Throws where the compiler is not there. */
export function compiledSections(compiler: 'g++' | 'clang++', flags: string[]): DwarfFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'corelens-dwarf-'))
  try {
    writeFileSync(join(folder, 'shop.cc'), SOURCE)
    execFileSync(compiler, ['-fPIC', '-O1', ...flags, '-c', 'shop.cc', '-o', 'shop.o'], { cwd: folder, stdio: 'pipe' })
    execFileSync(compiler, ['-shared', 'shop.o', '-o', 'shop.so'], { cwd: folder, stdio: 'pipe' })
    const split = readdirSync(folder).filter((name) => name.endsWith('.dwo'))
    return [sectionsOf(join(folder, 'shop.so'), 'main'), ...split.map((name) => sectionsOf(join(folder, name), 'split'))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function sectionsOf(path: string, kind: DwarfFile['kind']): DwarfFile {
  const elf = new ElfFile(memoryByteSource(new Uint8Array(readFileSync(path)), path))
  const sections = new Map(elf.readSections().map((section) => [section.name.replace(/\.dwo$/, ''), section]))
  const bytes = DWARF_SECTIONS.map((name) => {
    const section = sections.get(SECTION_NAME[name])
    return [name, section ? elf.readSection(section) : new Uint8Array(0)]
  })
  return { name: basename(path), kind, ...Object.fromEntries(bytes) } as DwarfFile
}
