/**
 * The pointer graph in a real Chromium: on a core of a small program whose graph is known, over the loopback host of the built
 * command line; and against the stand-in host, whose graph takes a while and whose lists are long.
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run, start, whenReady } from '../corpus/commands.ts'
import type { FakeOptions } from '../renderer/fakeClient.ts'
import { startStandIn, type StandIn } from '../renderer/standIn.ts'
import { keepScreenshots, launchChromium, openPage, type Watched } from './chromium.ts'
import { build, serve, type Served } from './served.ts'

const RENDERER = fileURLToPath(new URL('../../out/renderer', import.meta.url))

/** One Tail, held by g_registry.sessions[2] through a Session and a Message; a Hub with 300 holders; ten Lost, each with a buffer. */
const PROGRAM = `
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
struct Hub { virtual ~Hub() {} long uses = 0; };
struct Tail { virtual ~Tail() {} char text[32] = "the end"; };
struct Message { virtual ~Message() {} Tail *tail = nullptr; Message *next = nullptr; Hub *hub = nullptr; };
struct Session { virtual ~Session() {} Message *first = nullptr; };
struct Lost { virtual ~Lost() {} void *buffer = nullptr; };
struct Registry { long version; Session *sessions[4]; } g_registry;
__attribute__((noinline)) void hold() {
  Hub *hub = new Hub;
  Session *session = new Session;
  for (int i = 0; i < 300; i++) {
    Message *message = new Message;
    message->hub = hub;
    message->next = session->first;
    session->first = message;
  }
  session->first->tail = new Tail;
  g_registry.sessions[2] = session;
}
__attribute__((noinline)) void lose() {
  for (int i = 0; i < 10; i++) (new Lost)->buffer = memset(malloc(1000), 'x', 1000);
}
__attribute__((noinline)) void forget() {
  volatile char stack[65536];
  for (unsigned i = 0; i < sizeof stack; i++) stack[i] = 0;
}
int main() {
  hold();
  lose();
  forget();
  puts("ready");
  fflush(stdout);
  pause();
}
`

let browser: Browser
let watched: Watched
let page: Page
let standIn: StandIn | undefined

beforeAll(async () => {
  build()
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
})

beforeEach(async () => {
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(30_000)
})

afterEach(async () => {
  await watched.context.close()
  standIn?.close()
  standIn = undefined
  expect(watched.problems).toEqual([])
})

const grid = (): Locator => page.getByRole('grid')
const footer = (): Locator => page.locator('footer.status')
const filter = (): Locator => page.getByRole('textbox', { name: /^Filter/ })
const tab = (name: string): Locator => page.getByRole('tab', { name })
const chains = (): Locator => page.getByRole('region', { name: 'Chains to roots' })
const cell = (name: string | RegExp): Locator => grid().getByRole('gridcell', { name, exact: true })
const head = (): Locator => page.getByRole('heading', { level: 1 })

/** The row with a cell of that name. */
const row = (name: string): Locator => grid().getByRole('row').filter({ has: page.getByRole('gridcell', { name, exact: true }) })

async function cells(of: Locator): Promise<string[]> {
  return (await of.first().getByRole('gridcell').allInnerTexts()).map((text) => text.trim())
}

async function show(view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await page.getByRole('heading', { level: 1, name: view }).waitFor()
}

/** The page of the only block of a type. */
async function showOnly(type: string): Promise<void> {
  await show('TopN')
  await filter().fill(`/^${type}$/`)
  await expect.poll(() => footer().innerText()).toMatch(/^1 row match/)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect.poll(() => footer().innerText()).toMatch(/^1 block used/)
  await page.keyboard.press('Enter')
  await page.getByRole('tablist').waitFor()
}

describe('a program whose graph is known', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corelens-graph-'))
  let served: Served

  beforeAll(async () => {
    writeFileSync(join(folder, 'leaky.cpp'), PROGRAM)
    await run('g++', ['-g', '-o', join(folder, 'leaky'), join(folder, 'leaky.cpp')])
    const running = start([join(folder, 'leaky')], folder, {})
    try {
      const pid = await whenReady(running)
      await run('gcore', ['-o', join(folder, 'core'), String(pid)])
      renameSync(join(folder, `core.${pid}`), join(folder, 'leaky.core'))
    } finally {
      running.child.kill('SIGKILL')
    }
    served = await serve([join(folder, 'leaky.core')], join(folder, 'cache'))
  })

  afterAll(async () => {
    await served?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    await page.goto(served.url)
    const offered = page.getByRole('button', { name: /leaky\.core/ }).first()
    const overview = page.getByText('Where the memory went')
    await offered.or(overview).first().waitFor()
    if (!(await overview.isVisible())) await offered.click()
    await overview.waitFor()
  })

  test('who points to a block is counted by type and member, listed one by one, and followed', async () => {
    await showOnly('Hub')
    const hub = await head().innerText()
    await tab('Who points here').click()
    await page.getByText('300 pointers to this block').waitFor()
    expect((await cells(row('Message'))).slice(0, 3)).toEqual(['Message', 'hub', '300'])
    await keepScreenshots(page, 'block-referrers')
    await page.keyboard.press('Enter')
    await expect.poll(() => footer().innerText()).toMatch(/^300 pointers/)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    // Whoever goes against the pointers goes on doing so.
    await expect.poll(() => head().innerText()).not.toBe(hub)
    await row('next').waitFor()
    expect(await tab('Who points here').getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('5')
    await row('hub').waitFor()
    await page.keyboard.press('Alt+ArrowLeft')
    await expect.poll(() => head().innerText()).toBe(hub)
    await expect.poll(() => grid().getByRole('row', { selected: true }).getAttribute('aria-rowindex')).toBe('4')
    await page.keyboard.press('Alt+ArrowRight')
    await row('hub').waitFor()
    expect(await tab('What it points to').getAttribute('aria-selected')).toBe('true')
  })

  test('the chain to a root names the variable and each member on the way', async () => {
    await showOnly('Tail')
    await page.keyboard.press('6')
    const shortest = page.getByRole('article', { name: /^Chain 1 of/ })
    await shortest.getByRole('button', { name: 'g_registry.sessions[2]' }).waitFor()
    const lines = (await shortest.innerText()).split('\n').map((line) => line.trim()).filter((line) => line !== '')
    expect(lines.join(' ')).toMatch(/^Shortest 3 steps Global g_registry\.sessions\[2\] leaky 0x\w+ Session 24 B ↓ first 0x\w+ Message 40 B ↓ tail 0x\w+ Tail 40 B this block$/)
    await keepScreenshots(page, 'block-chains')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('Session', { exact: true }).first().waitFor()
    await shortest.getByText('held by the root itself').waitFor()
    await page.keyboard.press('3')
    await cell('first').waitFor()
    await page.keyboard.press('Alt+ArrowLeft')
    await shortest.getByText('3 steps').waitFor()
    await shortest.getByRole('button', { name: 'g_registry.sessions[2]' }).click()
    await cell('sessions[2]').waitFor()
    expect(await page.getByRole('tablist').count()).toBe(0)
  })

  test('a leak is found by its type, with what hangs on it, and leads to its head', async () => {
    await show('Leaks')
    await cell('Lost').waitFor()
    await keepScreenshots(page, 'leaks')
    const [, , , count, heads] = await cells(row('Lost'))
    expect([count, heads]).toEqual(['10', '10'])
    await filter().fill('/^Lost$/')
    await expect.poll(() => footer().innerText()).toMatch(/^1 row match/)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await expect.poll(() => footer().innerText()).toMatch(/^10 blocks leaked by themselves/)
    await keepScreenshots(page, 'leaked-blocks')
    await page.keyboard.press('Enter')
    await page.getByRole('tablist').waitFor()
    const lost = await head().innerText()
    await page.keyboard.press('6')
    await chains().getByText('It leaked by itself').waitFor()
    await chains().getByRole('button', { name: 'What hangs on it' }).click()
    await expect.poll(() => footer().innerText()).toMatch(/leaked/)
    await page.getByRole('gridcell', { name: /\[1000\]$|^char\[\]$|malloc\(1000\)/ }).first().dblclick()
    await page.getByRole('tablist').waitFor()
    await page.keyboard.press('6')
    await chains().getByText('It hangs on a block that leaked by itself').waitFor()
    await keepScreenshots(page, 'leaked-chain')
    await chains().getByRole('button', { name: /Lost/ }).click()
    await expect.poll(() => head().innerText()).toBe(lost)
    for (let back = 0; back < 4; back++) {
      await page.keyboard.press('Alt+ArrowLeft')
      await page.waitForTimeout(100)
    }
    await expect.poll(() => footer().innerText()).toMatch(/^10 blocks leaked by themselves/)
    await page.keyboard.press('Alt+ArrowLeft')
    await expect.poll(() => filter().inputValue()).toBe('/^Lost$/')
  })

  test('what is retained is drilled into, and the path leads back up', async () => {
    await show('Retained')
    await cell('Session').first().dblclick()
    await page.getByRole('heading', { level: 1, name: 'Session' }).waitFor()
    await cell('Message').first().waitFor()
    await keepScreenshots(page, 'retained')
    await cell('Message').first().dblclick()
    const path = page.getByRole('list', { name: 'Dominated by' })
    await path.getByRole('listitem').nth(1).getByRole('button', { name: 'Message' }).waitFor()
    await path.getByRole('button', { name: 'Session' }).click()
    await page.getByRole('heading', { level: 1, name: 'Session' }).waitFor()
    await page.getByRole('region', { name: 'Selected row' }).getByRole('button', { name: 'Its page' }).click()
    await page.getByText('would be freed with it').waitFor()
    await keepScreenshots(page, 'block-retained')
  })

  test('a layout class leads to its blocks, and says what they have in common', async () => {
    await show('TopN')
    await page.getByRole('group', { name: 'Group by' }).getByText('Layout', { exact: true }).click()
    await filter().fill('40/V')
    await expect.poll(() => footer().innerText()).toMatch(/match/)
    await keepScreenshots(page, 'top-layout')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'What they have in common' }).click()
    const details = page.getByRole('region', { name: 'Layout class' })
    await details.getByText(/^vtable for Message/).first().waitFor()
    await keepScreenshots(page, 'layout')
    await page.keyboard.press('Enter')
    await expect.poll(() => footer().innerText()).toMatch(/^30[01] blocks used/)
    await cell('Message').first().waitFor()
  })
})

describe('the stand-in', () => {
  async function open(options: Partial<FakeOptions>): Promise<void> {
    standIn = await startStandIn(RENDERER, { openNow: true, openMs: 500, ...options })
    await page.goto(standIn.url)
    await page.getByText('Where the memory went').waitFor()
  }

  test('pages wait for the graph, say how far it is, and fill when it is there', async () => {
    await open({ graphMs: 8000 })
    await show('Leaks')
    await page.getByText('leaks appear here as soon as it is there').waitFor()
    const strip = page.getByRole('region', { name: 'Building the pointer graph' })
    await strip.getByText('reading every pointer').waitFor()
    await keepScreenshots(page, 'graph-building')
    await cell('app::Session').waitFor()
    // References come first, dominators last.
    await show('Retained')
    await page.getByText('retained sizes appear here as soon as it is there').waitFor()
    await cell('app::Session').first().waitFor()
    await strip.waitFor({ state: 'detached' })
  })

  test('building is stopped and taken up again', async () => {
    await open({ graphMs: 60_000 })
    await page.getByRole('region', { name: 'Building the pointer graph' }).getByRole('button', { name: 'Cancel' }).click()
    const strip = page.getByRole('region', { name: 'Pointer graph', exact: true })
    await strip.getByText('was stopped').waitFor()
    await show('Retained')
    await page.getByText('Without it retained sizes are not known.').waitFor()
    await keepScreenshots(page, 'graph-stopped')
    await show('TopN')
    const by = page.getByRole('group', { name: 'Group by' })
    await by.getByText('Layout', { exact: true }).click()
    await page.getByText('Without it layouts are not known.').waitFor()
    await by.getByText('Type', { exact: true }).click()
    await cell('app::Session').waitFor()
    await show('Retained')
    await strip.getByRole('button', { name: 'Hide this line' }).click()
    await strip.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Build again' }).click()
    await page.getByText('retained sizes appear here as soon as it is there').waitFor()
  })

  test('a million pointers to a block scroll to their end, and names are text', async () => {
    await open({})
    await show('Blocks')
    await page.keyboard.press('Enter')
    await page.getByRole('tablist').waitFor()
    await page.getByText('from a root').waitFor()
    await page.keyboard.press('4')
    await page.getByText('estimated from 2,048 of 1,000,000 pointers').waitFor()
    await cell('<img src=x onerror="document.title=1">').or(cell('google::protobuf::internal::ArenaStringPtr')).first().waitFor()
    await page.getByText('One by one', { exact: true }).click()
    await expect.poll(() => footer().innerText()).toMatch(/^1,000,000 pointers/)
    await grid().focus()
    await page.keyboard.press('End')
    await expect.poll(() => grid().getByRole('row', { selected: true }).getAttribute('aria-rowindex')).toBe('1000001')
    await expect.poll(() => page.locator('.waiting').count()).toBe(0)
    expect(await page.locator('main img').count()).toBe(0)
    await page.keyboard.press('6')
    await page.getByText('40,000 more steps').waitFor()
    await keepScreenshots(page, 'chains-cut')
  })

  test('a leaked block is marked in the list of blocks', async () => {
    await open({})
    await show('Blocks')
    await cell('leaked').first().waitFor()
    await row('leaked').first().getByRole('button').first().click()
    await page.getByRole('tablist').waitFor()
    await page.keyboard.press('6')
    await chains().getByText('Leaked.').waitFor()
  })
})
