# What gdb knows of a file's types and variables, as JSON lines: `gdb -nx -batch -iex 'set debug-file-directory DIR'
# -ex 'py OUT="…"' -x gdbTypes.py FILE`. Walks the blocks of every unit instead of parsing `ptype /o`: the same tables, exact.
#
#   {"what": "type", "name", "form", "local"}   form: what the type is, as forms.ts has it; local: the function it is in, or ''
#   {"what": "variable", "name", "form", "address" | null, "tls", "local"}
#   {"what": "units", "count"}
import json
import re
import gdb

TYPEDEF, STRUCT = gdb.SYMBOL_VAR_DOMAIN, gdb.SYMBOL_STRUCT_DOMAIN
COMPOSITE = {gdb.TYPE_CODE_STRUCT: 'struct', gdb.TYPE_CODE_UNION: 'union', gdb.TYPE_CODE_ENUM: 'enum'}
# Of one function, as a bound; and how many bytes apart its blocks are looked for: smaller ones may be missed.
FUNCTION_BYTES, STEP = 1 << 16, 8
WRAPPER = {gdb.TYPE_CODE_PTR: 'pointer', gdb.TYPE_CODE_REF: 'reference', gdb.TYPE_CODE_RVALUE_REF: 'rvalueReference'}


def strip(t):
    """The type without its own const and volatile, and which of them it had."""
    plain = t.unqualified()
    spelled, bare = str(t), str(plain)
    if spelled == bare:
        return plain, []
    left, right = spelled.replace(bare, ' '), ''
    # `int *const volatile`: what is behind the last star belongs to the pointer
    if t.code in WRAPPER or t.code == gdb.TYPE_CODE_METHODPTR:
        left = spelled
        while left.split() and left.split()[-1] in ('const', 'volatile', 'restrict', 'const)', 'volatile)'):
            right += ' ' + left.split()[-1]
            left = ' '.join(left.split()[:-1])
        left = right or spelled
        counted = lambda word: spelled.count(word) > bare.count(word)
        return plain, [q for q in ('const', 'volatile') if counted(q)]
    return plain, [q for q in ('const', 'volatile') if re.search(r'\b%s\b' % q, left)]


def reference(t):
    """A type as a member or variable has it: named types by name, others spelled out."""
    t, qualifiers = strip(t)
    form = bare(t)
    for q in reversed(qualifiers):
        form = [q, form]
    return form


def bare(t):
    code = t.code
    if code == gdb.TYPE_CODE_TYPEDEF:
        return ['named', t.name]
    if code in COMPOSITE:
        return ['named', t.name] if t.name is not None else describe(t)
    if code in WRAPPER:
        return [WRAPPER[code], reference(t.target())]
    if code == gdb.TYPE_CODE_ARRAY:
        return ['vector' if 'vector_size' in str(t) else 'array', bound(t), reference(t.target())]
    if code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_METHOD):
        return ['function', reference(t.target()), [reference(f.type) for f in t.fields()]]
    if code == gdb.TYPE_CODE_METHODPTR:
        return ['methodPointer']
    if code == gdb.TYPE_CODE_MEMBERPTR:
        return ['memberPointer', reference(t.target())]
    return ['named', t.name]


def bound(t):
    try:
        low, high = t.range()
        # `[]` has one element in gdb's range
        return 0 if high == low and '[]' in str(t) and '[]' not in str(t.target()) else high - low + 1
    except gdb.error:
        return None


def describe(t):
    """[kind, size, members]; of a member: [name, bit position or null, bit size, reference, 'base' where it is one]."""
    t = t.unqualified()
    if t.code == gdb.TYPE_CODE_ENUM:
        return ['enum', t.sizeof, [[f.name, str(f.enumval)] for f in t.fields()]]
    if not complete(t):
        return [COMPOSITE[t.code], None, []]
    members = []
    for f in t.fields():
        if not hasattr(f, 'bitpos'):
            members.append([f.name, None, 0, reference(f.type)])
            continue
        members.append([f.name or '', f.bitpos, f.bitsize, reference(f.type)] + (['base'] if f.is_base_class else []))
    return [COMPOSITE[t.code], t.sizeof, members]


def complete(t):
    """Declarations have no symbol; only what an unnamed type's typedef names can be one."""
    return t.name is not None or t.sizeof > 0 or len(t.fields()) > 0


class Dump:
    def __init__(self, path):
        self.out = open(path, 'w')
        self.units = set()
        self.types = set()
        self.variables = set()
        self.blocks = set()

    def line(self, **row):
        self.out.write(json.dumps(row) + '\n')

    def unit(self, symtab):
        both = symtab.static_block(), symtab.global_block()
        symbols = [list(block) for block in both]
        key = symtab.objfile.filename, both[0].start, both[0].end, tuple(str(s.name) for s in symbols[0][:20]), len(symbols[0]), len(symbols[1])
        if key in self.units:
            return
        self.units.add(key)
        for s in symbols[0] + symbols[1]:
            self.symbol(s, '')
        self.inner_blocks(symbols[0] + symbols[1])

    def inner_blocks(self, symbols):
        """Blocks of functions and in them. Nothing lists them, so every address of a function is asked for its block."""
        for s in symbols:
            if s.addr_class != gdb.SYMBOL_LOC_BLOCK:
                continue
            start = int(s.value().address)
            outermost = gdb.block_for_pc(start)
            while outermost is not None and outermost.superblock is not None and not outermost.superblock.is_static:
                outermost = outermost.superblock
            for pc in range(start, min(outermost.end, start + FUNCTION_BYTES) if outermost is not None else start, STEP):
                self.blocks_at(pc)

    def blocks_at(self, pc):
        chain = []
        block = gdb.block_for_pc(pc)
        while block is not None and not block.is_static and not block.is_global:
            chain.append(block)
            block = block.superblock
        function = ''
        for depth, block in enumerate(reversed(chain)):
            if block.function is not None:
                function = block.function.name
            # a function and a block in it may have the same addresses
            key = block.start, block.end, depth
            if key not in self.blocks:
                self.blocks.add(key)
                for s in block:
                    self.symbol(s, function)

    def symbol(self, s, function):
        if s.addr_class == gdb.SYMBOL_LOC_TYPEDEF:
            if s.type is not None:
                self.type(s, s.type, function)
        elif s.addr_class in (gdb.SYMBOL_LOC_STATIC, gdb.SYMBOL_LOC_COMPUTED):
            self.variable(s, function)

    def type(self, s, t, function):
        name = s.name
        if t.code == gdb.TYPE_CODE_TYPEDEF:
            target = t.target()
            # `typedef struct { … } name;`
            if target.code not in COMPOSITE or target.unqualified().name is not None:
                return
            t = target
        if t.code not in COMPOSITE or name is None:
            return
        form = describe(t)
        if form[1] is None:
            return
        key = name, json.dumps(form), function
        if key not in self.types:
            self.types.add(key)
            self.line(what='type', name=name, form=form, local=function or '')

    def variable(self, s, function):
        if s.is_argument:
            return
        address, tls = None, False
        try:
            if s.addr_class == gdb.SYMBOL_LOC_STATIC:
                address = int(s.value().address)
            elif s.needs_frame:
                return
            else:
                s.value()
                return  # computed: of a reference or a value that lies nowhere
        except (gdb.error, TypeError) as error:
            tls = 'thread-local' in str(error) or 'TLS' in str(error) or 'without registers' in str(error)
            if not tls:
                return
        form = reference(s.type)
        key = s.name, address, function, json.dumps(form)
        if key not in self.variables:
            self.variables.add(key)
            self.line(what='variable', name=s.name, form=form, address=address, tls=tls, local=function or '')

    def run(self):
        gdb.execute('maint expand-symtabs', to_string=True)
        names = {'int', 'char', 'long', 'unsigned int', 'unsigned char', 'long int', 'long unsigned int', 'unsigned long', 'double', 'bool', '_Bool', 'u8', 'usize', 'i32', 'u32', 'u64', 'short', 'size_t'}
        # Names of types and variables, whole or without what C hangs around them: a symbol of each unit is enough.
        for command in ('info types', 'info variables'):
            for said in gdb.execute(command, to_string=True).splitlines():
                names.update(re.findall(r'([A-Za-z_][\w:]*)(?:\[[^;]*\])?;?$', said))
        for name in names:
            for domain in (TYPEDEF, STRUCT):
                for s in gdb.lookup_static_symbols(name, domain):
                    if s.symtab is not None:
                        self.unit(s.symtab)
                s = gdb.lookup_global_symbol(name, domain)
                if s is not None and s.symtab is not None:
                    self.unit(s.symtab)
        self.line(what='units', count=len(self.units))
        self.out.close()


gdb.execute('set print max-symbolic-offset 0')
gdb.execute('set max-value-size unlimited')
# Rust's printer ends gdb 13 with a fault on some types.
gdb.execute('set language c++')
Dump(OUT).run()
