// A browser looks at pages: {browser, views: [{file, width, scheme, judged, shot}, ...]} to one result each,
// null for a view that is not judged.
//
// `scheme` is light or dark. `shot` is null or {path, height, scale}: a picture as PNG, cut at `height` CSS
// pixels (0: the whole page), `scale` times as fine. Nothing but the file itself is ever fetched.

import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

import { answer } from "./batch.js";
import { FLAGS, SCRIPTS, WEB_OFF, limits, measured } from "./measure.js";

const AT_ONCE = 2; // pages, each in a process of its own
const OFF = {
  ...WEB_OFF,
  "landmark-one-main": "an email is no page: the mail client has the landmarks",
  region: "the same",
};

/** One page, opened once for all its views. */
async function lookAt(browser, views) {
  const context = await browser.newContext({ deviceScaleFactor: views[0].shot?.scale ?? 1 });
  try {
    const page = await context.newPage();
    const address = pathToFileURL(views[0].file).href;
    const heard = await listen(page, address);
    await page.goto(address);
    for (const script of views.some(({ judged }) => judged) ? SCRIPTS : []) await page.evaluate(script);
    const results = [];
    for (const view of views) {
      await page.setViewportSize({ width: view.width, height: 800 });
      await page.emulateMedia({ colorScheme: view.scheme });
      results.push(view.judged ? { ...(await page.evaluate(measured, limits(OFF))), ...heard } : null);
      if (view.shot) await picture(page, view);
    }
    return results;
  } finally {
    await context.close();
  }
}

/** What the page says and asks for; whatever it asks for, it does not get. */
async function listen(page, address) {
  const heard = { console: [], requests: [] };
  page.on("console", (message) => message.type() === "error" && heard.console.push(message.text()));
  page.on("pageerror", (error) => heard.console.push(error.message));
  await page.route("**", (route) => {
    if (route.request().url() === address) return route.continue();
    heard.requests.push(route.request().url());
    return route.abort();
  });
  return heard;
}

async function picture(page, { width, shot }) {
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const height = Math.min(shot.height || whole, whole);
  await page.screenshot({ path: shot.path, fullPage: true, clip: { x: 0, y: 0, width, height } });
}

/** Views of the same file and scale together. */
function grouped(views) {
  const groups = new Map();
  views.forEach((view, index) => {
    const key = JSON.stringify([view.file, view.shot?.scale]);
    groups.set(key, [...(groups.get(key) ?? []), { ...view, index }]);
  });
  return [...groups.values()];
}

await answer(async ({ browser: executablePath, views }) => {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const results = [];
    const waiting = grouped(views);
    const work = async () => {
      for (let group = waiting.shift(); group; group = waiting.shift()) {
        const found = await lookAt(browser, group);
        group.forEach(({ index }, i) => (results[index] = found[i]));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return results;
  } finally {
    await browser.close();
  }
});
