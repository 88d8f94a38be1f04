import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/**
 * Debian's Chromium without windows, or the one that the variable CHROMIUM names. The whole Chromium also draws a window
 * with tabs for each page. Nobody sees it, and it takes a quarter more work.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell'
  if (!existsSync(executablePath))
    throw new Error(
      `received no browser at ${executablePath}, expected Chromium; apt-get install chromium-headless-shell`,
    )
  // Chromium refuses to run in its sandbox as root, which CI may be.
  // A container has little shared memory; as root there is no sandbox.
  const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  return chromium.launch({ executablePath, args })
}
