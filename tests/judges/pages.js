// Readers at our pages: {browser, origin, views, visits} to {views: [...], visits: [...]}, each in the same order.
//
// A view is {path, windows: [{width, scheme, shot}, ...]}: measured in each window with all that is folded up opened,
// and gone through with the keyboard; `shot` is the file of a picture of it as it comes, or null. A visit is
// {scripts, steps}: one browser of its own, in which each step is a list: goto path, click/check selector,
// fill/select selector value; `scripts` says whether it runs any.

import { chromium } from "playwright-core";

import { answer } from "./batch.js";
import { FLAGS, SCRIPTS, WEB_OFF, limits, measured } from "./measure.js";

const TABS = 400; // more than any page has places for the focus

/** What a page says, asks of whom, and whether it opens a dialog. */
function listen(page, origin) {
  const heard = { console: [], strangers: [], dialogs: [] };
  page.on("console", (message) => heard.console.push(message.text()));
  page.on("pageerror", (error) => heard.console.push(error.message));
  page.on("request", (request) => request.url().startsWith(`${origin}/`) || heard.strangers.push(request.url()));
  page.on("dialog", (dialog) => (heard.dialogs.push(dialog.message()), dialog.dismiss()));
  return heard;
}

/** In the page: all that takes the focus, is seen, and is no radio button, of which a group takes it once. What is
    hidden from those who listen to a page is nothing for them to reach either. */
const reachable = () =>
  [...document.querySelectorAll("a[href], button, select, textarea, summary, input:not([type=hidden], [type=radio])")]
    .filter((element) => element.checkVisibility() && !element.closest("[aria-hidden=true]")).length;

/** In the page: how the element in focus shows that it is. */
const focused = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
  element.seen = (element.seen ?? 0) + 1;
  return {
    again: element.seen > 1,
    radio: element.type === "radio",
    name: element.outerHTML.slice(0, 80),
    shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
  };
};

/** With the tabulator from the top to the end: how many places there are, how many it went to, and where it is unseen. */
async function byKeyboard(page) {
  const stops = [];
  for (let tab = 0; tab < TABS; tab++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (!stop || stop.again) {
      // A field for a day takes it for each of its parts.
      if (stop && stop.name.includes('type="date"')) continue;
      break;
    }
    stops.push(stop);
  }
  return {
    places: await page.evaluate(reachable),
    reached: stops.filter(({ radio }) => !radio).length,
    unseen: stops.filter(({ shown }) => !shown).map(({ name }) => name),
  };
}

/** In the page: whatever is folded up. */
const fold = (open) => document.querySelectorAll("details").forEach((details) => (details.open = open));

async function viewed(browser, origin, { path, windows }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const heard = listen(page, origin);
    const response = await page.goto(origin + path);
    for (const script of SCRIPTS) await page.evaluate(script);
    const found = [];
    for (const { width, scheme, shot } of windows) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.evaluate(fold, false);
      if (shot) await page.screenshot({ path: shot, fullPage: true });
      await page.evaluate(fold, true);
      found.push(await page.evaluate(measured, limits(WEB_OFF)));
    }
    const keyboard = await byKeyboard(page);
    const cookies = (await context.cookies()).map(({ name }) => name);
    return { status: response.status(), windows: found, keyboard, cookies, ...heard };
  } finally {
    await context.close();
  }
}

/** In the page: its elements by name, attributes that run something, and links to anything but the web and mail. */
const anatomy = () => {
  const elements = [...document.querySelectorAll("*")];
  const attributes = elements.flatMap((element) => [...element.attributes]);
  return {
    tags: [...new Set(elements.map((element) => element.localName))].sort(),
    handlers: attributes.filter(({ name }) => name.startsWith("on")).map(({ name, value }) => `${name}=${value}`),
    schemes: [...new Set([...document.links].map(({ protocol }) => protocol))].sort(),
    text: document.body.innerText,
  };
};

const STEPS = {
  goto: (page, origin, path) => page.goto(origin + path),
  click: (page, origin, selector) => page.locator(selector).first().click(),
  check: (page, origin, selector) => page.locator(selector).first().check(),
  fill: (page, origin, selector, text) => page.locator(selector).fill(text),
  select: (page, origin, selector, value) => page.locator(selector).selectOption(value),
};

async function visited(browser, origin, { scripts, steps }) {
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const heard = listen(page, origin);
    const seen = [];
    for (const [verb, ...words] of steps) {
      await STEPS[verb](page, origin, ...words);
      await page.waitForLoadState();
      seen.push(await page.evaluate(anatomy));
    }
    const cookies = await context.cookies();
    return { seen, ...heard, cookies: cookies.map(({ name }) => name) };
  } finally {
    await context.close();
  }
}

await answer(async ({ browser: executablePath, origin, views, visits }) => {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const found = { views: [], visits: [] };
    for (const view of views) found.views.push(await viewed(browser, origin, view));
    for (const visit of visits) found.visits.push(await visited(browser, origin, visit));
    return found;
  } finally {
    await browser.close();
  }
});
