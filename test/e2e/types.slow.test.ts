/** Types of blocks in a real Chromium: how far finding them is, why a block has its type, candidates, labels; the stand-in host, the built renderer. */

import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FakeOptions } from '../renderer/fakeClient.ts'
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
const candidates = (): Locator => page.getByRole('grid', { name: 'Candidates' })
const words = (): Locator => page.getByRole('grid', { name: /^Memory at/ })
const footer = (): Locator => page.locator('footer.status')
const strip = (name: string): Locator => page.getByRole('region', { name, exact: true })
const labelled = (): Locator => strip('Labels')
const head = (): Locator => page.getByRole('heading', { level: 1 })
const evidence = (): Locator => page.getByRole('region', { name: 'Type of this block' })
const cell = (name: string | RegExp): Locator => grid().getByRole('gridcell', { name, exact: true })
const row = (name: string): Locator => grid().getByRole('row').filter({ has: page.getByRole('gridcell', { name, exact: true }) })
const selectedText = (of = grid()): Promise<string> => of.getByRole('row', { selected: true }).innerText()

async function open(options: Partial<FakeOptions>): Promise<void> {
  standIn = await startStandIn(renderer.folder, { openNow: true, openMs: 500, ...options })
  await page.goto(standIn.url)
  await page.getByText('Where the memory went').waitFor()
}

async function show(view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await page.getByRole('heading', { level: 1, name: view }).waitFor()
}

/** The page of the n-th block of all, at one of its tabs. */
async function openBlock(n: number, tab: string): Promise<void> {
  await show('Blocks')
  await cell('0x7f3c04000010').waitFor()
  await grid().focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < n; i++) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('tablist').waitFor()
  await page.getByRole('tab', { name: tab, exact: true }).click()
}

test('TopN fills with types while one looks at it; a block says why it has its type; a candidate is accepted, undone, and labels are listed', async () => {
  await open({ typesMs: 6000 })
  await show('TopN')
  await strip('Finding types').getByText(/^Finding types… \d+ %$/).waitFor()
  await cell('malloc(96)').waitFor()
  // What is selected stays selected, wherever it is then.
  await cell('TokenKey736').click()
  const before = await grid().getByRole('row', { selected: true }).getAttribute('aria-rowindex')
  await keepScreenshots(page, 'types-finding')
  await strip('Finding types').waitFor({ state: 'detached' })
  await cell(/^std::_Rb_tree_node<std::pair<const std::string, std::shared_ptr/).waitFor()
  await expect.poll(() => selectedText()).toMatch(/^TokenKey736/)
  expect(await grid().getByRole('row', { selected: true }).getAttribute('aria-rowindex')).not.toBe(before)

  await openBlock(0, 'Type')
  const block = await head().innerText()
  await evidence().getByText('98 %, a pointer to that type, and the right size').waitFor()
  expect(await evidence().locator('.sentence').innerText()).toBe('g_server (orders-backend) → app::Server.sessions → app::Session * [] → app::Session')
  await keepScreenshots(page, 'block-type')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect.poll(() => head().innerText()).not.toBe(block)
  expect(await page.getByRole('tab', { name: 'Type', exact: true }).getAttribute('aria-selected')).toBe('true')
  await page.keyboard.press('Alt+ArrowLeft')
  await expect.poll(() => head().innerText()).toBe(block)

  await openBlock(1, 'Type')
  await evidence().getByText('No type is known').waitFor()
  await evidence().getByRole('button', { name: 'What it may be' }).click()
  await page.getByText('All of its layout', { exact: true }).click()
  await page.getByText('What 3,120,407 blocks of this layout may be').waitFor()
  await words().getByRole('gridcell', { name: 'weight_3', exact: true }).waitFor()
  await candidates().focus()
  await page.keyboard.press('ArrowDown')
  await words().getByRole('gridcell', { name: /^\[1\]\./ }).first().waitFor()
  await page.keyboard.press('Delete')
  await page.getByText('1 type rejected').waitFor()
  await keepScreenshots(page, 'candidates')
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await labelled().getByText('Labelled 3,120,407 blocks as app::Order').waitFor()
  await candidates().getByText('now', { exact: true }).waitFor()
  await keepScreenshots(page, 'candidate-accepted')
  await show('TopN')
  await cell('app::Order').waitFor()
  expect(await row('malloc(80)').count()).toBe(0)
  await labelled().getByRole('button', { name: 'Undo' }).click()
  await labelled().getByText('Taken back').waitFor()
  await cell('malloc(80)').waitFor()
  expect(await row('app::Order').count()).toBe(0)

  await show('Labels')
  await page.getByText('Nothing is labelled yet.').waitFor()
  await openBlock(1, 'Candidates')
  await candidates().focus()
  await page.keyboard.press('Enter')
  await labelled().getByText('Labelled 1 block as app::Order').waitFor()
  await show('Labels')
  await cell('this block alone').waitFor()
  await keepScreenshots(page, 'labels')
  await page.keyboard.press('Delete')
  await page.getByText('Nothing is labelled yet.').waitFor()
  await page.keyboard.press('Control+z')
  await cell('app::Order').waitFor()
  await page.keyboard.press('Enter')
  await evidence().getByText('100 %, a person’s label').waitFor()
  await show('Labels')
  await page.getByRole('button', { name: 'Remove all' }).click()
  await page.getByText('Nothing is labelled yet.').waitFor()
})

test('finding types is stopped and taken up again', async () => {
  await open({ typesMs: 60_000 })
  await openBlock(0, 'Type')
  await page.getByText('why this one has its type appears here as soon as they are there').waitFor()
  await strip('Finding types').getByRole('button', { name: 'Cancel' }).click()
  await strip('Types of blocks').getByText('Finding types was stopped').waitFor()
  await page.getByText('Without them nothing says why a block has its type.').waitFor()
  await strip('Types of blocks').getByRole('button', { name: 'Hide this line' }).click()
  await strip('Types of blocks').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Look again' }).click()
  await strip('Finding types').waitFor()
})

test('several blocks are chosen with Shift and labelled by a name that is completed; a name that is none says so in place', async () => {
  await open({})
  await show('Blocks')
  await cell('0x7f3c04000080').click({ modifiers: ['Shift'] })
  await page.keyboard.press('Shift+ArrowDown')
  await cell('used').nth(6).click({ modifiers: ['Control'] })
  await page.getByText('4 chosen').waitFor()
  await page.getByRole('button', { name: 'Label 4 blocks as…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Label 4 blocks' })
  await page.keyboard.type('app::Nothing')
  await dialog.getByRole('button', { name: 'Label', exact: true }).click()
  await dialog.getByRole('alert').getByText('no type has this name').waitFor()
  await keepScreenshots(page, 'label-dialog')
  await dialog.getByRole('textbox').or(dialog.getByRole('combobox')).fill('app::Ord')
  await expect.poll(() => dialog.locator('option').evaluateAll((options) => options.map((option) => option.getAttribute('value')))).toContain('app::Order')
  await dialog.getByRole('textbox').or(dialog.getByRole('combobox')).fill('app::Order')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await labelled().getByText('Labelled 4 blocks as app::Order').waitFor()
  await expect.poll(() => cell('app::Order').count()).toBe(4)
  await show('Labels')
  await expect.poll(() => footer().innerText()).toMatch(/^4 labels\s+4 blocks/)
})

test('an unknown row of TopN and a layout are labelled whole; long chains are folded', async () => {
  await open({})
  await show('TopN')
  await page.getByRole('group', { name: 'Group by' }).getByText('Layout', { exact: true }).click()
  await cell(/^88/).first().click()
  await page.getByRole('region', { name: 'Selected row' }).getByRole('button', { name: 'What they have in common' }).click()
  await page.getByRole('group', { name: 'Of this layout' }).getByText('Candidates', { exact: true }).click()
  await candidates().getByRole('gridcell', { name: /^64 of 64$/ }).first().waitFor()
  await page.getByRole('button', { name: /^Accept for all/ }).waitFor()
  await openBlock(3, 'Type')
  await evidence().getByText('app::Session.next').first().waitFor()
  expect(await evidence().locator('.sentence').innerText()).toContain('app::Session.next × 20')
  const links = (): Promise<number> => evidence().locator('.chain .step').count()
  expect(await links()).toBe(8)
  await evidence().getByRole('button', { name: '15 more steps' }).click()
  await expect.poll(links).toBe(23)
})
