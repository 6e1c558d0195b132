/** Modules, Types, Globals and memory in a real Chromium: 120,000 types, 24,000 variables, symbols that take a while; the stand-in host, the built renderer. */

import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startStandIn, type StandIn } from '../renderer/standIn.ts'
import { keepScreenshots, launchChromium, openPage, type Watched } from './chromium.ts'
import { buildRenderer, type BuiltRenderer } from './renderer.ts'

let renderer: BuiltRenderer
let browser: Browser
let standIn: StandIn
let watched: Watched
let page: Page

beforeAll(async () => {
  renderer = await buildRenderer()
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  renderer?.remove()
})

/** A core that was just opened, whose symbols take `symbolsMs` to be read. */
async function open(symbolsMs: number): Promise<void> {
  standIn = await startStandIn(renderer.folder, { openNow: true, openMs: 500, symbolsMs })
  await page.goto(standIn.url)
  await page.getByText('Where the memory went').waitFor()
}

beforeEach(async () => {
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(30_000)
})

afterEach(async () => {
  await watched.context.close()
  standIn?.close()
  expect(watched.problems).toEqual([])
})

const grid = (): Locator => page.getByRole('grid')
const search = (): Locator => page.getByRole('textbox', { name: /^(Search|Filter)/ })
const footer = (): Locator => page.locator('footer.status')
const type = (): Locator => page.getByRole('region', { name: 'Selected type' })
const typeName = (): Locator => type().getByRole('heading', { level: 2 })
const drawing = (): Locator => page.getByRole('listbox')
const strip = (): Locator => page.getByRole('region', { name: 'Reading symbols' })
const cell = (name: string | RegExp): Locator => grid().getByRole('gridcell', { name, exact: true })

async function show(view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await page.getByRole('heading', { level: 1, name: view }).waitFor()
}

test('blocks are shown while symbols are read, and lists say more as they come', async () => {
  await open(12_000)
  await show('TopN')
  await cell('class at orders-backend+0x4a10').waitFor()
  await strip().getByText(/^Reading symbols: \d+ of 108 modules$/).waitFor()
  expect(await page.getByRole('progressbar').getAttribute('aria-valuemax')).toBe('108')
  await keepScreenshots(page, 'symbols-reading')
  // In place: nobody goes anywhere.
  await cell('app::Session').waitFor()
  await show('Types')
  const some = Number((await footer().innerText()).replace(/ types?[\s\S]*/, '').replaceAll(',', ''))
  expect(some).toBeLessThan(120_000)
  await strip().waitFor({ state: 'detached' })
  await expect.poll(() => footer().innerText()).toMatch(/^120,000 types/)
})

test('reading can be stopped and taken up again, and each module says how it ended', async () => {
  await open(600_000)
  await strip().getByRole('button', { name: 'Stop' }).click()
  await strip().waitFor({ state: 'detached' })
  await show('Modules')
  await cell('orders-backend /opt/orders/bin').click()
  await page.getByRole('region', { name: 'Selected module' }).getByText('Stopped').waitFor()
  await keepScreenshots(page, 'symbols-stopped')
  await show('Types')
  await page.getByText('The symbols of 108 modules were not read.').waitFor()
  await show('Modules')
  await footer().getByRole('button', { name: 'Read again' }).click()
  await strip().getByText(/^Reading symbols: \d+ of 108 modules$/).waitFor()
  await footer().getByText('not read').waitFor({ state: 'detached' })
})

test('a module tells its files, and the exact command that would get what is missing', async () => {
  await open(0)
  await show('Modules')
  const details = page.getByRole('region', { name: 'Selected module' })
  await details.getByText('/usr/lib/debug/.dwz/orders').waitFor()
  await cell(/^libprotobuf/).click()
  await details.getByText('ends inside an entry').waitFor()
  await cell(/^libcrypto/).click()
  await details.getByRole('button', { name: 'Copy the command for Fedora' }).click()
  await details.getByRole('status').getByText('Copied').first().waitFor({ state: 'attached' })
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('sudo dnf debuginfo-install libcrypto')
  await keepScreenshots(page, 'modules-missing')
  await grid().getByRole('columnheader', { name: 'Symbols' }).getByRole('button').click()
  await expect.poll(() => grid().getByRole('row').nth(1).innerText()).toContain('ld-linux-x86-64.so.2')
})

test('a search among 120,000 types shows the layout of what it finds', async () => {
  await open(0)
  await show('Types')
  await expect.poll(() => footer().innerText()).toMatch(/^120,000 types/)
  await page.keyboard.press('/')
  await page.keyboard.type('app::flags')
  await expect.poll(() => typeName().innerText()).toBe('struct app::Flags')
  await search().fill('/(/')
  await page.getByRole('alert').getByText('not a regular expression').waitFor()
  await search().fill('')
  await page.getByRole('group', { name: 'Kind of type' }).getByText('union').click()
  await expect.poll(() => cell('union').count()).toBeGreaterThan(10)
  expect(await cell('class').count()).toBe(0)
  await page.getByLabel('only with blocks').check()
  await page.getByText('No type matches.').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await grid().getByRole('columnheader', { name: 'Members' }).getByRole('button').click()
  await expect.poll(() => grid().getByRole('columnheader', { name: 'Members' }).getAttribute('aria-sort')).toBe('descending')
  const members = (await grid().locator('[role=row] [role=gridcell]:nth-child(4)').allInnerTexts()).map(Number)
  expect(members).toEqual(members.toSorted((a, b) => b - a))
})

test('the layout is drawn to scale, and the keyboard goes through it', async () => {
  await open(0)
  await show('Types')
  await expect.poll(() => typeName().innerText()).toBe('class app::Session')
  await keepScreenshots(page, 'types')
  const option = (name: RegExp): Locator => drawing().getByRole('option', { name })
  const widths = await Promise.all([/^state: enum, offset 24, 4 bytes$/, /^open: number, offset 28, 1 byte$/, /^padding, offset 29, 3 bytes$/, /^urgent: bit-field, offset 136, bits 0 to 0$/].map(async (name) => (await option(name).boundingBox())?.width ?? 0))
  expect(widths.map((width) => Math.round((width / widths[0]!) * 32))).toEqual([32, 8, 24, 1])
  await drawing().focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Home')
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown')
  await expect.poll(() => type().locator('tr.marked').innerText()).toMatch(/^24\s+4\s+state\s+app::SessionState$/)
  expect(await drawing().getAttribute('aria-activedescendant')).toBe(await option(/^state/).getAttribute('id'))
  await page.keyboard.press('Enter')
  await expect.poll(() => typeName().innerText()).toBe('enum app::SessionState')
  await type().getByText('draining').waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => typeName().innerText()).toBe('class app::Session')
  await page.keyboard.press('Alt+ArrowRight')
  await expect.poll(() => typeName().innerText()).toBe('enum app::SessionState')
})

test('a type leads to its members’ types, its declaration and its blocks, and Back to where one was', async () => {
  await open(0)
  await show('Types')
  await search().fill('rb_tree_node')
  await expect.poll(() => footer().innerText()).toMatch(/types? match/)
  await search().fill('/^app::Session$/')
  await expect.poll(() => typeName().innerText()).toBe('class app::Session')
  await type().getByRole('button', { name: 'app::Value' }).click()
  await expect.poll(() => typeName().innerText()).toBe('union app::Value')
  expect(await typeName().evaluate((heading) => heading === heading.ownerDocument.activeElement)).toBe(true)
  await type().getByRole('button', { name: 'Copy the declaration' }).click()
  await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(/^union app::Value \{/)
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => typeName().innerText()).toBe('class app::Session')
  await type().getByRole('button', { name: /^1,204,112 blocks of this type/ }).click()
  await expect.poll(() => footer().innerText()).toMatch(/^1,204,112 blocks used/)
  await page.getByRole('navigation', { name: 'Way back' }).getByRole('button', { name: 'Types' }).click()
  await expect.poll(() => search().inputValue()).toBe('/^app::Session$/')
})

test('names from debug information are text, never markup, and of any length', async () => {
  await open(0)
  await show('Types')
  await search().fill('onerror')
  await expect.poll(() => typeName().innerText()).toBe('class <img src=x onerror="document.title=1">')
  expect(await page.locator('main img').count()).toBe(0)
  await search().fill('/Leaf/')
  await expect.poll(() => typeName().innerText()).toMatch(/^class std::_Rb_tree_node/)
  await keepScreenshots(page, 'types-long-name')
  expect(await page.title()).not.toBe('1')
})

test('a variable leads to its memory and its type', async () => {
  await open(0)
  await show('Globals')
  await expect.poll(() => footer().innerText()).toMatch(/^24,000 variables/)
  await keepScreenshots(page, 'globals')
  await page.getByText('Thread-local', { exact: true }).click()
  await expect.poll(() => footer().innerText()).toMatch(/^2,667 variables match/)
  await page.getByText('All', { exact: true }).click()
  await search().fill('g_sessions')
  await grid().getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
  await cell('g_sessions').click()
  await page.getByRole('region', { name: 'Selected row' }).getByText('app::Session g_sessions').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '0x55ccbc3f0000' }).waitFor()
  await page.getByText('Module data of /opt/orders/bin/orders-backend').waitFor()
  await cell('user.first').waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await cell('g_sessions').waitFor()
  await cell('app::Session').first().getByRole('button').click()
  await expect.poll(() => typeName().innerText()).toBe('class app::Session')
})

test('a block’s memory is shown as its type says, or as another one laid over it', async () => {
  await open(0)
  await show('Blocks')
  await cell('0x7f3c04000010').waitFor()
  await page.keyboard.press('Enter')
  await cell('_vptr.Session').waitFor()
  await page.getByText('used block of 328 bytes').waitFor()
  await keepScreenshots(page, 'memory')
  await page.getByLabel('Lay over').fill('app::Value')
  await page.keyboard.press('Enter')
  await cell('pointer').waitFor()
  expect(await cell('_vptr.Session').count()).toBe(0)
  await page.getByLabel('Lay over').fill('app::Nothing')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('no type has this name').waitFor()
  await page.getByRole('button', { name: 'Its own type' }).click()
  await cell('_vptr.Session').waitFor()
  // A pointer into the block's middle leads to the block, and to the row that holds the address.
  await cell(/^0x7f3c04000030 →/).getByRole('button').click()
  await page.getByText('0x7f3c04000030 is at +32').waitFor()
  await expect.poll(() => grid().getByRole('row', { selected: true }).innerText()).toMatch(/^32\s/)
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => grid().getByRole('row', { selected: true }).innerText()).toMatch(/^16\s/)
  await page.keyboard.press('Alt+ArrowLeft')
  // A click on a link selects its row before it leads away.
  await cell('0x7f3c04000080').getByRole('button').click()
  await page.getByRole('heading', { name: '0x7f3c04000080' }).waitFor()
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => grid().getByRole('row', { selected: true }).innerText()).toMatch(/^0x7f3c04000080/)
})
