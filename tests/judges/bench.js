// A person at the work bench: {browser, address} to what they find, as JSON on stdout. `address` + "renew" puts
// another email on the bench.

import axe from "axe-core";
import { chromium } from "playwright-core";

const [executablePath, address] = process.argv.slice(2);
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** In the page: which tab is open, and how it is painted. */
const state = () => ({
  tab: document.querySelector("[role=tab][aria-selected=true]").getAttribute("aria-controls"),
  open: [...document.querySelectorAll("[role=tabpanel]")].filter((panel) => !panel.hidden).map((panel) => panel.id),
  focus: document.activeElement.getAttribute("aria-controls"),
  dark: document.documentElement.classList.contains("dark"),
  frames: [...document.querySelectorAll("iframe")].map((frame) => getComputedStyle(frame).colorScheme),
  title: document.querySelector("h1").textContent,
});

/** In the page: what axe has against it, and what does not fit. The emails in the frames have judges of their own. */
async function measured() {
  const { violations } = await axe.run(document, { iframes: false });
  const screens = [...document.querySelectorAll(".screen")].map((screen) => {
    const [outer, inner] = [screen, screen.firstChild].map((element) => element.getBoundingClientRect());
    return { css: screen.firstChild.clientWidth, fits: inner.right <= outer.right + 0.5 };
  });
  return {
    violations: violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 160)]),
    sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    screens,
  };
}

async function judged(page) {
  const found = [];
  await page.evaluate(axe.source);
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const scheme of ["light", "dark"]) {
      await page.click(`[data-scheme=${scheme}]`);
      for (const tab of await page.locator("[role=tab]").all()) {
        await tab.click();
        found.push({ width, scheme, ...(await page.evaluate(state)), ...(await page.evaluate(measured)) });
      }
    }
  }
  return found;
}

async function typed(page) {
  const found = {};
  await page.click("[data-scheme=light]");
  await page.focus("[role=tab][tabindex='0'], [role=tab]:not([tabindex])");
  for (const key of ["Home", "ArrowRight", "End", "ArrowRight", "ArrowLeft"]) {
    await page.keyboard.press(key);
    found[`${Object.keys(found).length + 1} ${key}`] = await page.evaluate(state);
  }
  return found;
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const page = await browser.newPage({ colorScheme: "dark" });
  const heard = { console: [], requests: [] };
  page.on("console", (message) => message.type() === "error" && heard.console.push(message.text()));
  page.on("pageerror", (error) => heard.console.push(error.message));
  page.on("request", (request) => heard.requests.push(request.url()));
  const answer = {};
  await page.goto(address);
  answer.first = await page.evaluate(state);
  answer.judged = await judged(page);
  answer.typed = await typed(page);
  await page.reload();
  answer.reloaded = await page.evaluate(state);
  await page.request.get(`${address}renew`);
  await page.waitForFunction((old) => document.querySelector("h1").textContent !== old, answer.first.title);
  answer.renewed = await page.evaluate(state);
  await page.click(".verdict");
  await page.waitForFunction(() => !document.querySelector("#checks").hidden);
  answer.verdict = await page.evaluate(state);
  process.stdout.write(JSON.stringify({ ...answer, ...heard }));
} finally {
  await browser.close();
}
