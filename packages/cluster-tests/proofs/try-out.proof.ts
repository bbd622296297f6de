import { findOrInstall } from '@parley/cluster';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
let browser: Browser;

beforeAll(async () => {
  const executablePath = await findOrInstall(
    {
      title: 'Chromium',
      names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
      packages: { 'apt-get': 'chromium', dnf: 'chromium', apk: 'chromium', brew: 'chromium' },
      instead: [],
    },
    console.log,
  );
  // Its sandbox does not run as root.
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}, 300_000);
afterAll(() => browser?.close());
beforeEach(() => cluster.whole());

/** The page at a space's own port, with a development user who is connected. */
async function someone(space: string, path: string, user: string, role: string): Promise<Page> {
  const page = await browser.newPage();
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  const answer = await page.goto(`${cluster.urls[space]}${path}`);
  expect(answer?.status()).toBe(200);
  await page.fill('#user', user);
  await page.selectOption('#role', role);
  await page.click('#mint');
  await expect.poll(() => page.inputValue('#token')).not.toBe('');
  await page.click('#connect');
  await page.getByText('connected as').first().waitFor();
  expect(broken).toEqual([]);
  return page;
}

const says = (page: Page, text: string) =>
  expect.poll(() => page.locator('#log').textContent(), { timeout: 10_000 }).toContain(text);

async function emit(page: Page, event: string, payload?: object): Promise<void> {
  await page.selectOption('#event', event);
  await page.fill('#payload', payload ? JSON.stringify(payload) : '');
  await page.click('#emit');
}

describe('in a real browser', () => {
  it('/socket-test.html of alien-fit connects, sends, hears, beats, and asks over HTTP', async () => {
    const [user, trainer] = await Promise.all([
      someone('alien-fit', '/socket-test.html', 'walter', 'user'),
      someone('alien-fit', '/socket-test.html', 'tina', 'agent'),
    ]);
    await emit(user, 'chat:send', { content: 'Is anybody there?' });
    await says(trainer, 'Is anybody there?');
    await emit(trainer, 'chat:send', { userId: 'walter', content: 'I am.' });
    await says(user, 'I am.');
    await emit(user, 'heartbeat');
    await user.selectOption('#request', 'GET /api/v1/chat/me');
    await user.click('#ask');
    await says(user, 'GET /api/v1/chat/me 200');
  });

  it('/views/chat-test.html of precious-jewellery connects, sends, hears, and asks over HTTP', async () => {
    const [ann, ben] = await Promise.all([
      someone('precious-jewellery', '/views/chat-test.html', 'ann', 'user'),
      someone('precious-jewellery', '/views/chat-test.html', 'ben', 'user'),
    ]);
    await emit(ann, 'send_message', { receiverId: 'ben', message: 'Hello Ben', messageType: 'text' });
    await says(ben, 'Hello Ben');
    await ben.selectOption('#request', 'GET /api/v0/chat/conversations');
    await ben.click('#ask');
    await says(ben, 'GET /api/v0/chat/conversations 200');
  });
});
