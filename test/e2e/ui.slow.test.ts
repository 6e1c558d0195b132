/** The window in a real Chromium, over the loopback host of the built command line, on the demo core. */

import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { keepScreenshots, launchChromium, openPage, type Watched } from './chromium.ts'
import { build, DEMO_CORE, serve, writeBareCore, writeLongCore, type Served } from './served.ts'

const folder = mkdtempSync(join(tmpdir(), 'corelens-ui-'))
const longCore = join(folder, 'long.core.gz')
const bareCore = join(folder, 'bare.core')
let browser: Browser
let served: Served
let watched: Watched
let page: Page

beforeAll(async () => {
  build()
  writeLongCore(longCore, 24)
  writeBareCore(bareCore)
  served = await serve([DEMO_CORE, longCore, bareCore], join(folder, 'cache'))
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await served?.stop()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(60_000)
})

afterEach(async () => {
  await watched.context.close()
  expect(watched.problems).toEqual([])
})

const grid = (): Locator => page.getByRole('grid')
const filter = (): Locator => page.getByRole('textbox')
const footer = (): Locator => page.locator('footer.status')
const kindOfMemory = (name: string): Locator => page.getByRole('group', { name: 'Kind of memory' }).locator('label').filter({ hasText: name }).first()
const header = (name: string): Locator => page.getByRole('columnheader', { name, exact: true })

/** The row of TopN or of a block list whose first cell is `label`. */
function row(label: string): Locator {
  return grid().getByRole('row').filter({ has: page.getByRole('gridcell', { name: label, exact: true }) })
}

async function cells(of: Locator): Promise<string[]> {
  return (await of.first().getByRole('gridcell').allInnerTexts()).map((text) => text.trim())
}

async function openDemo(): Promise<void> {
  await page.goto(served.url)
  const offered = page.getByRole('button', { name: /demo\.core\.zst/ }).first()
  const overview = page.getByText('Where the memory went')
  await offered.or(overview).first().waitFor()
  if (!(await overview.isVisible())) await offered.click()
  await overview.waitFor()
}

async function show(view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
}

async function openTop(): Promise<void> {
  await openDemo()
  await show('TopN')
  await row('A').waitFor()
}

async function closeCore(): Promise<void> {
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByText('How to take a core').waitFor()
}

test('the core named on the command line opens at once, and the overview tells whose memory it is', async () => {
  await openDemo()
  await page.getByRole('heading', { name: /^demo pid/ }).waitFor()
  await page.getByText('running when gcore took it').waitFor()
  expect(await page.getByRole('row', { name: /Allocated, in use/ }).innerText()).toMatch(/4\.0 MiB/)
  await page.getByRole('button', { name: 'char[]' }).waitFor()
  await keepScreenshots(page, 'overview')
})

test('the address bar does not keep the token, and a reload keeps the core', async () => {
  await openDemo()
  expect(page.url()).not.toContain('token')
  await page.reload()
  await page.getByText('Where the memory went').waitFor()
})

test('each number leads to its list', async () => {
  await openDemo()
  const facts = page.locator('header dl')
  await facts.getByRole('button').nth(0).click()
  await grid().getByText('libc.so.6').waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await facts.getByRole('button').nth(1).click()
  await grid().getByTitle('/opt/demo/demo', { exact: true }).waitFor()
  await keepScreenshots(page, 'modules')
  await page.keyboard.press('Alt+ArrowLeft')
  await page.getByRole('group', { name: 'Mapped memory by kind' }).getByRole('button').first().click()
  await row('char[]').waitFor()
})

test('every kind of memory leads to the list of what it counts', async () => {
  await openDemo()
  const kinds = page.getByRole('region', { name: 'Where the memory went' }).getByRole('row')
  const facts = await kinds.filter({ has: page.getByRole('button') }).evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')))
  expect(facts.length).toBeGreaterThan(6)
  for (const [name = '', bytes = '', share = '', ranges = ''] of facts) {
    const kind = kinds.filter({ has: page.getByRole('button', { name, exact: true }) })
    await kind.getByRole('button', { name: ranges }).click()
    await expect.poll(() => footer().innerText()).toContain(ranges)
    // What an allocator's ranges hold is told in three rows.
    if (!name.startsWith('Alloc')) expect(await footer().innerText()).toContain(`${bytes} · ${share}`)
    expect(await grid().getAttribute('aria-rowcount')).toBe(String(Number.parseInt(ranges) + 1))
    await page.keyboard.press('Alt+ArrowLeft')
    await kinds.first().waitFor()
  }
  await page.getByRole('button', { name: 'Allocator overhead', exact: true }).click()
  await page.getByRole('radio', { name: /^Allocator/, checked: true }).waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await page.getByRole('button', { name: 'Allocated, free', exact: true }).click()
  await expect.poll(() => footer().innerText()).toMatch(/^\d+ blocks free\s+[\d.]+ K?i?B\s+and [\d.]+ KiB not yet cut into blocks/)
})

test('the memory map lists every range in address order, and by kind', async () => {
  await openDemo()
  await show('Memory map')
  const all = (await kindOfMemory('All').innerText()).replace('All', '').trim()
  await expect.poll(() => footer().innerText()).toContain(`${all} ranges`)
  const starts = (await grid().getByRole('row').filter({ has: page.getByRole('gridcell') }).evaluateAll((rows) => rows.map((row) => Number(row.firstElementChild?.textContent))))
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  await keepScreenshots(page, 'map')
  await grid().getByRole('columnheader', { name: 'Size' }).getByRole('button').first().click()
  await expect.poll(async () => grid().getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('descending')
  await expect.poll(async () => (await grid().getByRole('row').filter({ has: page.getByRole('gridcell') }).first().innerText()).includes('Allocator')).toBe(true)
  await grid().getByRole('columnheader', { name: 'Start' }).getByRole('button').first().click()
  await kindOfMemory('Thread stacks').click()
  await expect.poll(() => footer().innerText()).toMatch(/^1 range/)
  expect(await cells(grid().getByRole('row', { selected: true }))).toEqual([expect.stringMatching(/^0x7ff/), expect.stringMatching(/^0x7ff/), '132.0 KiB', 'Thread stacks', 'rw-', 'all', expect.any(String)])
  await footer().getByRole('button', { name: '1 thread' }).click()
  await grid().getByText('libc.so.6').waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => footer().innerText()).toMatch(/^1 range/)
  await kindOfMemory('All').click()
  await expect.poll(() => footer().innerText()).toContain(`${all} ranges`)
})

test('each row of TopN lists exactly the blocks it counts, however the rows are grouped', async () => {
  await openTop()
  for (const group of ['Type', 'Size', 'Type and size']) {
    await page.getByText(group, { exact: true }).last().click()
    await expect.poll(() => grid().getAttribute('aria-busy')).toBe('false')
    const rows = await Promise.all((await grid().getByRole('row').filter({ has: page.getByRole('gridcell') }).all()).map(cells))
    for (const [label = '', , blocks = '', bytes = ''] of rows.slice(0, 6)) {
      await row(label).first().dblclick()
      await expect.poll(() => footer().innerText()).toMatch(new RegExp(`^${blocks} blocks? used\\s+${bytes}`))
      await page.keyboard.press('Alt+ArrowLeft')
      await row(label).first().waitFor()
    }
  }
})

test('a core without an allocator leads on to its memory', async () => {
  await openDemo()
  await closeCore()
  await page.getByRole('button', { name: /bare\.core/ }).first().click()
  await page.getByText('no allocator was recognised in this core').first().waitFor()
  await keepScreenshots(page, 'no-allocator')
  await show('TopN')
  await page.getByRole('button', { name: 'memory map', exact: true }).click()
  await expect.poll(() => footer().innerText()).toMatch(/^1 range\s+1\.0 MiB/)
  await closeCore()
  await page.getByRole('button', { name: /demo\.core\.zst/ }).first().click()
  await page.getByText('Read from the cache').waitFor()
})

test('TopN names what the demo core was made of, with exact numbers', async () => {
  await openTop()
  await page.getByText('1,024', { exact: true }).click()
  await row('char[]').waitFor()
  expect((await cells(row('A')))[2]).toBe('20,000')
  expect(await cells(row('char[]'))).toEqual(['char[]', '88', '20,000', '1,760,000', expect.stringMatching(/^\d+\.\d %$/)])
  expect((await cells(grid().getByRole('row', { name: /^malloc\(48\)/ })))[1]).toBe('56')
  await keepScreenshots(page, 'topn')
})

test('the filter takes text, regular expressions and comparisons, and says in place what it can’t read', async () => {
  await openTop()
  await page.keyboard.press('/')
  await page.keyboard.type('malloc(4')
  await expect.poll(() => footer().innerText()).toMatch(/match/)
  expect(await row('A').count()).toBe(0)
  await filter().fill('/^A$/')
  await expect.poll(() => footer().innerText()).toMatch(/^1 row match/)
  await filter().fill('count>19000')
  await expect.poll(() => footer().innerText()).toMatch(/^4 rows match/)
  await filter().fill('/(/')
  await page.locator('#filter-problem').waitFor()
  expect(await filter().getAttribute('aria-invalid')).toBe('true')
  await keepScreenshots(page, 'filter-problem')
  await page.keyboard.press('Escape')
  await expect.poll(() => footer().innerText()).toMatch(/in use/)
})

test('a click on a header sorts, and a second one turns the order', async () => {
  await openTop()
  expect(await header('Bytes').getAttribute('aria-sort')).toBe('descending')
  await header('Size').getByRole('button').click()
  await expect.poll(() => header('Size').getAttribute('aria-sort')).toBe('descending')
  await expect.poll(() => sizes()).toEqual((await sizes()).toSorted((a, b) => b - a))
  await header('Size').getByRole('button').click()
  await expect.poll(() => header('Size').getAttribute('aria-sort')).toBe('ascending')
  await expect.poll(async () => (await sizes())[0]).toBe(24)
})

async function sizes(): Promise<number[]> {
  const titles = await grid().locator('[role=row] [role=gridcell]:nth-child(2) [title]:last-child').evaluateAll((spans) => spans.map((span) => span.getAttribute('title')))
  return titles.map((title) => Number(title?.replace(/\D/g, '')))
}

test('the keyboard does it all: move, open, copy, and back to the table as it was', async () => {
  await openTop()
  await page.keyboard.press('/')
  await page.keyboard.type('/^A$/')
  await expect.poll(() => footer().innerText()).toMatch(/^1 row match/)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+c')
  expect(await clipboard()).toMatch(/^A\t24\t20000\t\d+\t0\.\d+$/)
  await page.keyboard.press('Enter')
  await expect.poll(() => footer().innerText()).toMatch(/^20,000 blocks used/)
  expect(await grid().getAttribute('aria-rowcount')).toBe('20001')
  await page.keyboard.press('End')
  await expect.poll(() => selectedIndex()).toBe(20_001)
  await page.keyboard.press('PageUp')
  await expect.poll(() => selectedIndex()).toBeLessThan(20_000)
  await keepScreenshots(page, 'blocks')
  await page.keyboard.press('Home')
  await expect.poll(() => selectedIndex()).toBe(2)
  await page.keyboard.press('Alt+ArrowLeft')
  await row('A').waitFor()
  expect(await filter().inputValue()).toBe('/^A$/')
  await page.keyboard.press('Alt+ArrowRight')
  await expect.poll(() => footer().innerText()).toMatch(/^20,000 blocks used/)
})

const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()')

async function selectedIndex(): Promise<number> {
  const selected = grid().locator('[aria-selected=true]')
  return (await selected.count()) === 1 ? Number(await selected.getAttribute('aria-rowindex')) : -1
}

test('a type of the demo leads to its blocks, a block to its memory, a variable to its type', async () => {
  await openDemo()
  await show('Types')
  const type = page.getByRole('region', { name: 'Selected type' })
  await filter().fill('/^A$/')
  await expect.poll(() => footer().innerText(), { timeout: 30_000 }).toMatch(/^1 type match/)
  await type.getByRole('heading', { name: 'class A', exact: true }).waitFor()
  await keepScreenshots(page, 'type-of-demo')
  await type.getByRole('button', { name: /^20,000 blocks of this type/ }).click()
  await expect.poll(() => footer().innerText()).toMatch(/^20,000 blocks used/)
  await page.keyboard.press('Enter')
  await grid().getByRole('gridcell', { name: '_vptr.A', exact: true }).waitFor()
  await keepScreenshots(page, 'memory-of-demo')
  await show('Globals')
  await filter().fill('objects')
  await grid().getByRole('row').filter({ has: page.getByRole('gridcell', { name: 'objects', exact: true }) }).getByRole('gridcell', { name: /^std::vector<A\*/ }).getByRole('button').click()
  await type.getByRole('heading', { name: /^class std::vector<A\*/ }).waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => filter().inputValue()).toBe('objects')
})

test('the theme follows the system until the person chooses, and the choice lasts', async () => {
  await openDemo()
  const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await background()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await background()
  expect(dark).not.toBe(light)
  await page.getByRole('button', { name: 'Theme: as the system' }).click()
  expect(await background()).toBe(light)
  await page.getByRole('button', { name: 'Theme: light' }).click()
  expect(await background()).toBe(dark)
  await page.reload()
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
})

test('a page with a wrong token says what to do, and nothing of the core', async () => {
  await page.goto(served.url.replace(/token=.*/, 'token=wrong'))
  await page.getByRole('alert').getByText('the token is missing or wrong').waitFor()
  await page.getByRole('button', { name: 'Reload' }).waitFor()
  expect(await page.getByText('demo.core.zst').count()).toBe(0)
  expect(watched.problems.splice(0).every((problem) => problem.includes('401'))).toBe(true)
})

test('the report is saved as Markdown', async () => {
  await openDemo()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Report' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/\.md$/)
  expect(await readFile(await download.path(), 'utf8')).toContain('malloc(48)')
})

test('a long analysis tells its stage, and Esc stops it', async () => {
  await openDemo()
  await closeCore()
  await keepScreenshots(page, 'start')
  await page.getByRole('button', { name: /long\.core\.gz/ }).first().click()
  await page.getByText('Unpack the core').waitFor()
  await expect.poll(() => page.locator('.detail').allInnerTexts(), { timeout: 30_000 }).toContainEqual(expect.stringMatching(/[KMG]iB/))
  await keepScreenshots(page, 'progress')
  await page.keyboard.press('Escape')
  await page.getByText('was stopped').waitFor()
  await keepScreenshots(page, 'cancelled')
  await page.getByRole('button', { name: /demo\.core\.zst/ }).first().click()
  await page.getByText('Where the memory went').waitFor()
})
