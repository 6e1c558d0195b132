# What gdb knows of a core's stacks, as JSON lines: `gdb -nx -batch -ex 'py OUT="…"' -x gdbStacks.py EXE CORE`.
#
#   {"tid", "frames": [{"pc", "name" | null, "cfa" | null, "signal", "locals": [{"name", "address" | null, "bits" | null, "type"}]}]}
#   frames are those with a stack frame of their own: what is inlined belongs to the one that holds it, and
#   functions that left by calling the next are gone; `bits` is what a
#   variable of at most 8 bytes holds, read as an unsigned number. Statics are left out.
import json
import re
import gdb

gdb.execute('set backtrace past-main on')
gdb.execute('set backtrace past-entry on')
gdb.execute('set print pretty off')
out = open(OUT, 'w')


def locals_of(frame):
    found = []
    try:
        block = frame.block()
    except RuntimeError:
        return found
    while block is not None and not block.is_static and not block.is_global:
        for symbol in block:
            if not (symbol.is_variable or symbol.is_argument) or symbol.addr_class == gdb.SYMBOL_LOC_STATIC or symbol.addr_class == gdb.SYMBOL_LOC_CONST:
                continue
            row = {'name': symbol.name, 'address': None, 'bits': None, 'type': str(symbol.type)}
            try:
                value = symbol.value(frame)
                if value.is_optimized_out:
                    continue
                if value.address is not None:
                    row['address'] = int(value.address)
                if value.type.sizeof <= 8 and value.type.strip_typedefs().code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_INT, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL):
                    row['bits'] = int(value) & ((1 << (8 * value.type.sizeof)) - 1)
            except (gdb.MemoryError, gdb.error):
                pass
            found.append(row)
        if block.function is not None:
            break
        block = block.superblock
    return found


for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
    thread.switch()
    frames, inlined = [], []
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() == gdb.INLINE_FRAME:
            inlined += locals_of(frame)
        elif frame.type() != gdb.TAILCALL_FRAME:
            frame.select()
            at = re.search(r'[Ff]rame at (0x[0-9a-f]+)', gdb.execute('info frame', to_string=True))
            frames.append({'pc': frame.pc(), 'name': frame.name(), 'cfa': int(at.group(1), 16) if at else None, 'signal': frame.type() == gdb.SIGTRAMP_FRAME, 'locals': inlined + locals_of(frame)})
            inlined = []
        frame = frame.older()
    out.write(json.dumps({'tid': thread.ptid[1], 'frames': frames}) + '\n')
out.close()
