/** A core cut at 1,000 random lengths, 1,000 random changes in headers and notes, 1,000 in its memory; and built cores of each glibc. */
import { expect, test } from 'vitest'
import { GLIBC_VERSIONS } from '../builders/glibcVersions.ts'
import { runCampaign } from './campaign.ts'
import { MUTATIONS } from './mutations.ts'
import { builtImage, demoImage } from './images.ts'

test.each(MUTATIONS)('the demo core, 1,000 × %s', async (mutation) => {
  const { bugs, slowest } = await runCampaign(demoImage(), [{ mutation, seeds: 1000, from: 1000 }])
  expect(bugs).toEqual([])
  expect(slowest.ms).toBeLessThan(10_000)
})

test.each(GLIBC_VERSIONS)('a built core of glibc %s', async (version) => {
  const { bugs } = await runCampaign(builtImage(version, 80), MUTATIONS.map((mutation) => ({ mutation, seeds: 200, from: 5000 })))
  expect(bugs).toEqual([])
})
