// What is measured of a page in a browser, be it an email or one of ours.

import { readFileSync } from "node:fs";
import axe from "axe-core";

export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const LEAST_TARGET = 24;
const LEAST_TEXT = 13;
/** The rules of axe that are off everywhere. */
export const WEB_OFF = {
  "color-contrast-enhanced": "level AAA: 7 to 1; here it is 4.5 to 1",
  "target-size": "page/layout.js is stricter, and this would be half of the time",
};
/** To be run in a page before it is measured. */
export const SCRIPTS = [
  axe.source,
  ...["colour", "text", "layout"].map((name) => readFileSync(new URL(`page/${name}.js`, import.meta.url), "utf8")),
];

/** What `measured` needs to know; `off` are rules of axe, with reasons. */
export const limits = (off) => ({ off: Object.keys(off), target: LEAST_TARGET, text: LEAST_TEXT });

/** In the page: everything that is measured. */
export async function measured({ off, target, text }) {
  const rules = axe.getRules().map(({ ruleId }) => [ruleId, { enabled: !off.includes(ruleId) }]);
  const found = await axe.run(document, {
    rules: Object.fromEntries(rules),
    resultTypes: ["violations", "incomplete"],
  });
  const plain = ({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html.slice(0, 160)) });
  const texts = judge.texts();
  const root = document.documentElement;
  return {
    mode: document.compatMode,
    violations: found.violations.map(plain),
    undecided: found.incomplete.filter(({ id }) => id === "color-contrast").flatMap((rule) => plain(rule).at),
    sideways: root.scrollWidth > root.clientWidth,
    beyond: judge.beyond(texts),
    contrasts: judge.contrasts(texts).slice(0, 5),
    targets: judge.targets(target),
    small: judge.small(texts, text),
  };
}
