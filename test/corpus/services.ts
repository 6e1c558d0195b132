/** Programs of the distribution, each brought to a state worth a core: filled, idle, and not yet ended. */
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { type Environment, type Running, start, tool, until, whenReady } from './commands.ts'
import type { ServiceSpecimen } from './specimens.ts'

export interface Service {
  running: Running
  exe: string
}

/** Throws Unavailable where it isn't installed. */
export async function runService(name: ServiceSpecimen['service'], folder: string, environment: Environment): Promise<Service> {
  const running = await brought[name](folder, environment)
  return { running, exe: readlinkSync(`/proc/${running.pid}/exe`) }
}

type Bring = (folder: string, environment: Environment) => Promise<Running>

const brought: Record<ServiceSpecimen['service'], Bring> = {
  memcached: async (folder, environment) => {
    const port = await freePort()
    const running = start([tool('memcached'), '-u', 'root', '-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '64', '-t', '4'], folder, environment)
    const sockets = await Promise.all(Array.from({ length: 8 }, () => connected(port)))
    await Promise.all(
      sockets.map(async (socket, s) => {
        let commands = ''
        for (let i = s; i < 100_000; i += sockets.length) commands += `set key:${i} 0 0 ${(i % 90) + 10}\r\n${'v'.repeat((i % 90) + 10)}\r\n`
        await answers(socket, commands, (text) => text.split('STORED\r\n').length - 1 >= 100_000 / sockets.length)
        await answers(socket, 'get key:1 key:2\r\nstats slabs\r\n', (text) => text.includes('total_malloced'))
      }),
    )
    sockets[0]?.destroy()
    return settled(running)
  },

  nginx: async (folder, environment) => {
    const port = await freePort()
    mkdirSync(join(folder, 'logs'))
    mkdirSync(join(folder, 'html'))
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, 'html', `${i}.html`), `page ${i}\n`.repeat(100 * i + 1))
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`).join(' ')
    const server = `server { listen 127.0.0.1:${port}; root ${folder}/html; gzip on; gzip_types text/html; location ~ ^/(\\d+)$ { rewrite ^/(\\d+)$ /$1.html; } }`
    const conf = `user root; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/logs/error.log; events { worker_connections 64; } http { access_log off; ${temporary} ${server} }\n`
    writeFileSync(join(folder, 'nginx.conf'), conf)
    const running = start([tool('nginx'), '-p', folder, '-c', join(folder, 'nginx.conf')], folder, environment)
    const sockets = await Promise.all(Array.from({ length: 6 }, () => connected(port)))
    await Promise.all(
      sockets.map(async (socket) => {
        for (let i = 0; i < 40; i++) await answers(socket, `GET /${i % 25} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`, (text) => text.includes('\r\n\r\n'))
      }),
    )
    sockets[0]?.destroy()
    return settled(running)
  },

  'redis-server': async (folder, environment) => {
    const port = await freePort()
    const running = start([tool('redis-server'), '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], folder, environment)
    const socket = await connected(port)
    let commands = ''
    for (let i = 0; i < 20_000; i++) commands += `SET key:${i} value${i}\r\nRPUSH list:${i % 100} ${i}\r\n`
    await answers(socket, commands + 'PING\r\n', (text) => text.includes('+PONG'))
    return settled(running)
  },

  tclsh: (folder, environment) =>
    script(
      'tclsh',
      'work.tcl',
      `for {set i 0} {$i < 20000} {incr i} { dict set d "key $i" [list $i [expr {$i * 2}] "text number $i"]; lappend l [string repeat x [expr {$i % 300}]] }
for {set i 0} {$i < 20000} {incr i 3} { dict unset d "key $i"; lset l $i {} }
proc f {n} { if {$n < 2} { return $n }; expr {[f [expr {$n - 1}]] + [f [expr {$n - 2}]]} }
f 15
puts "ready"; flush stdout; vwait forever
`,
      folder,
      environment,
    ),

  perl: (folder, environment) =>
    script(
      'perl',
      'work.pl',
      `my %h; for my $i (0 .. 20000) { $h{"key $i"} = { n => $i, list => [1 .. $i % 7], text => "x" x ($i % 200) } }
delete $h{"key " . $_ * 3} for 0 .. 5000;
$h{"key $_"}{text} =~ s/x/yy/g for grep { exists $h{"key $_"} } 1 .. 3000;
$| = 1; print "ready\\n"; sleep 1 while 1;
`,
      folder,
      environment,
    ),

  python3: (folder, environment) =>
    script(
      '/usr/bin/python3',
      'work.py',
      `import collections, json, threading, time
Point = collections.namedtuple('Point', 'x y name')
kept = [{'id': i, 'tags': ['t%d' % (i % 9)] * (i % 5), 'point': Point(i, i * 2.5, 'p%d' % i)} for i in range(8000)]
text = json.dumps([k['tags'] for k in kept])
for i in range(0, 8000, 3): kept[i] = None
threads = [threading.Thread(target=lambda: time.sleep(1000), daemon=True) for _ in range(3)]
for t in threads: t.start()
print('ready', flush=True)
time.sleep(1000)
`,
      folder,
      { ...environment, PYTHONMALLOC: 'malloc', PYTHONDONTWRITEBYTECODE: '1' },
    ),

  sqlite3: async (folder, environment) => {
    const running = start([tool('sqlite3'), ':memory:'], folder, environment)
    running.child.stdin?.write(`create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) insert into t select i, 'name of row ' || i, i * 1.5 from n;
create index by_name on t(name);
delete from t where id % 3 = 0;
select count(*) from t a join t b on a.name = b.name;
.print ready
`)
    await whenReady(running)
    return settled(running)
  },

  gdb: async (folder, environment) => {
    const running = start([tool('gdb'), '-nx', '-q', '--args', tool('gdb')], folder, { ...environment, DEBUGINFOD_URLS: '' })
    running.child.stdin?.write('info functions ^main$\nlist malloc\nprint 1+1\necho \\nready\\n\n')
    await whenReady(running)
    return settled(running)
  },
}

async function script(interpreter: string, name: string, text: string, folder: string, environment: Environment): Promise<Running> {
  writeFileSync(join(folder, name), text)
  const running = start([tool(interpreter), join(folder, name)], folder, environment)
  await whenReady(running)
  return settled(running)
}

/** Its threads are back to waiting. */
async function settled(running: Running): Promise<Running> {
  await new Promise((resolve) => setTimeout(resolve, 300))
  return running
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function connected(port: number): Promise<Socket> {
  return until(`port ${port} answers`, () => {
    return new Promise<Socket | null>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket))
      socket.on('error', () => resolve(null))
    })
  })
}

/** Sends, and waits until all that came back satisfies `whole`. */
function answers(socket: Socket, commands: string, whole: (text: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const listen = (piece: Buffer): void => {
      text += piece.toString('latin1')
      if (!whole(text)) return
      socket.off('data', listen).off('close', closed)
      resolve()
    }
    const closed = (): void => reject(new Error(`connection closed after ${text.slice(-200)}`))
    socket.on('data', listen).once('close', closed)
    socket.write(commands)
  })
}
