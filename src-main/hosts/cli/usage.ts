/** What --help prints. */
export const USAGE = `corelens — opens a core dump and says what its memory is

corelens COMMAND CORE [options]
  summary CORE      process, threads, modules, where the memory is, what could not be read
  top CORE          what uses the most memory, largest first
                      --by type|size|type-size|layout   --sort bytes|count   --filter F   --limit N
                      --untyped (only what vtables say: at once)
  blocks CORE       every block, in address order
                      --state used|free|all   --type T   --size N   --limit N   --untyped
  block CORE ADDRESS
                    a block's words, or those of any other place, with the members of its type
                      --as TYPE   --limit N
  candidates CORE ADDRESS
                    which types the block may have, the likeliest first; --layout: all blocks laid out like it
                      --layout   --limit N
  label CORE [ADDRESS TYPE]
                    your word on what a block is, kept for that core: what follows from it is found;
                    without a type the labels there are
                      --layout (all blocks laid out like it)   --remove
  refs CORE ADDRESS who points to a block, or what it points to
                      --in|--out   --depth N   --limit N   --format text|json|mermaid|dot
  why CORE ADDRESS  chains from roots to the block, shortest first
                      --limit N
  leaks CORE        blocks that nothing reaches, by type; as JSON one by one
                      --heads (only what leaked by itself)   --limit N
  retained CORE [ADDRESS]
                    what would be freed with a block, largest first; what a block dominates
                      --limit N
  layout CORE ADDRESS
                    what the blocks of its layout class have in common
  types CORE [NAME] all types, or one with its layout: offsets, sizes, padding
                      --filter F   --kind struct|class|union|enum|typedef|base
                      --sort name|size|members|blocks|bytes   --limit N
  globals CORE      global, static and thread-local variables with what they hold
                      --filter F   --tls   --sort addr|name|type|size|module   --limit N
  report CORE       the findings as Markdown
                      -o FILE.md
  symbols add PATH… | list | remove BUILD-ID | check
                    the symbol database: types, variables and functions of programs,
                    libraries and debug files, for all later cores of these builds
  serve [CORE…]     the window's interface in a browser, on this machine only
                      --port N

Options of all commands:
  --exe FILE        the executable, where it is not at the path the core names
  --debug DIR       a folder of separate debug files; may be given again
  --sysroot DIR     the root of the file system that the process saw
  --cache DIR       where indexes are kept (also CORELENS_CACHE); default: the platform's cache folder
  --no-cache        neither read nor write indexes
  --tagged          words with tag bits in their upper 16 bits count as pointers too (refs, why, leaks, …)
  --json, --jsonl   one JSON document, or a JSON line for each row
  --quiet           no progress
  --debug-errors    a stack trace with an error
  --help, --version

Exit codes: 0 done, 1 the analysis failed, 2 usage, 3 not something corelens can read, 130 interrupted.
`
