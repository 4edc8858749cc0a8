// html-validate: [html, ...] to [[{rule, line, column, message}, ...], ...].

import { HtmlValidate, StaticConfigLoader } from "html-validate";

import { answer } from "./batch.js";

const rules = {
  "no-inline-style": "off", // mail clients keep little else
  "no-conditional-comment": "off", // Outlook on Windows needs them
  "no-deprecated-attr": "off", // and align, bgcolor and width on tables
  "prefer-native-element": "off", // tables are laid out with roles
  "no-trailing-whitespace": "off", // shows nowhere; it is where templates leave a block out
};
const config = { root: true, extends: ["html-validate:recommended"], rules };
const validator = new HtmlValidate(new StaticConfigLoader(config));

async function judge(html) {
  const { results } = await validator.validateString(html);
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, line, column, message }) => ({ rule: ruleId, line, column, message })),
  );
}

await answer((documents) => Promise.all(documents.map(judge)));
