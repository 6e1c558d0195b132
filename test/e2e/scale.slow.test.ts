/** The window against a heap of eleven million blocks, 60,000 ranges, 100 threads, 300 modules and hostile names: the stand-in host, the built renderer. */

import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStandIn, type StandIn } from '../renderer/standIn.ts'
import { keepScreenshots, launchChromium, openPage, type Watched } from './chromium.ts'
import { build } from './served.ts'

let browser: Browser
let standIn: StandIn
let watched: Watched
let page: Page

beforeAll(async () => {
  build()
  standIn = await startStandIn(fileURLToPath(new URL('../../out/renderer', import.meta.url)), { openNow: true, openMs: 1000 })
  browser = await launchChromium()
  watched = await openPage(browser)
  page = watched.page
  page.setDefaultTimeout(30_000)
  await page.goto(standIn.url)
  await page.getByText('Where the memory went').waitFor()
})

afterAll(async () => {
  await browser?.close()
  standIn?.close()
})

async function show(view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await page.getByRole('gridcell').first().waitFor()
}

const drawnRows = async (): Promise<number[]> =>
  (await page.locator('[role=grid] [role=row][aria-selected]').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('aria-rowindex')))))

test('names from the core are text, never markup', async () => {
  await show('TopN')
  await page.getByRole('textbox').fill('onerror')
  await page.getByRole('gridcell', { name: '<img src=x onerror="document.title=1">' }).waitFor()
  expect(await page.locator('main img').count()).toBe(0)
  expect(await page.title()).not.toBe('1')
})

test('a name of 5,000 characters neither widens the table nor the window', async () => {
  await page.getByRole('textbox').fill('/app::Leaf/')
  await page.getByRole('gridcell', { name: /_Rb_tree_node/ }).first().waitFor()
  const overflow: number = await page.evaluate('document.querySelector(".scroller").scrollWidth - document.querySelector(".scroller").clientWidth')
  expect(overflow).toBe(0)
  await keepScreenshots(page, 'long-name')
})

test('a class without a name is shown by what tells it apart, and leads to its blocks', async () => {
  await page.getByRole('textbox').fill('orders-backend+')
  await page.getByRole('gridcell', { name: 'class at orders-backend+0x3d98' }).click()
  await page.getByRole('region', { name: 'Selected row' }).getByText('the program is stripped').waitFor()
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('footer.status').innerText()).toMatch(/^210,077 blocks used\s+9\.6 MiB/)
})

test('tens of thousands of ranges scroll to their end', async () => {
  await show('Memory map')
  await page.keyboard.press('End')
  await page.getByText('[vsyscall]').waitFor()
  await page.getByRole('gridcell', { name: '0xffffffffff600000' }).waitFor()
  await keepScreenshots(page, 'map-many')
  await page.getByRole('group', { name: 'Kind of memory' }).getByText('Anonymous').click()
  await expect.poll(() => page.locator('footer.status').innerText()).toMatch(/^15,000 ranges/)
})

test('threads, modules and diagnostics by the hundred', async () => {
  for (const view of ['Threads', 'Modules', 'Diagnostics']) {
    await show(view)
    await keepScreenshots(page, `many-${view.toLowerCase()}`)
  }
  expect(await page.getByRole('gridcell').first().innerText()).toBe('Truncated')
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Overview' }).click()
  await keepScreenshots(page, 'many-overview')
  await page.getByRole('button', { name: 'and 39 more' }).click()
  await expect.poll(() => page.locator('footer.status').innerText()).toMatch(/^41 diagnostics of 46/)
  await page.getByRole('button', { name: 'Clear the filter' }).click()
})

test('only the rows in view exist, at both ends and in the middle of eleven million', async () => {
  await show('Blocks')
  await page.keyboard.press('End')
  await expect.poll(async () => (await drawnRows()).at(-1)).toBe(11_000_001)
  expect((await drawnRows()).length).toBeLessThan(60)
  await page.evaluate('{ const s = document.querySelector(".scroller"); s.scrollTop = s.scrollHeight / 2 }')
  await expect.poll(async () => Math.abs((await drawnRows())[0]! - 5_500_000)).toBeLessThan(1000)
  await expect.poll(() => page.locator('.waiting').count()).toBe(0)
  await keepScreenshots(page, 'eleven-million')
})

test('a notch of the wheel moves a few rows, however long the list', async () => {
  const before = (await drawnRows())[0]!
  await page.getByRole('grid').hover()
  await page.mouse.wheel(0, 120)
  await expect.poll(async () => (await drawnRows())[0]).toBe(before + 5)
})

test('a host that ends is told, and what is loaded stays', async () => {
  expect(watched.problems).toEqual([])
  standIn.close()
  await page.getByRole('alert').getByText('corelens does not answer').waitFor()
  expect((await drawnRows()).length).toBeGreaterThan(10)
})
