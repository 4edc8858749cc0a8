// The official MJML: [source, ...] to [{html, errors: [{line, tag, message}]}, ...].
// `html` is null where the source cannot be laid out at all.

import mjml2html from "mjml";

import { answer } from "./batch.js";

const plain = { fonts: {}, minify: false, beautify: false, keepComments: true };

/** Validate as `mjml --validate` does, and lay out whatever can be laid out. */
async function judge(source) {
  try {
    const { html, errors } = await mjml2html(source, { ...plain, validationLevel: "soft" });
    return { html, errors: errors.map(({ line, tagName, message }) => ({ line, tag: tagName, message })) };
  } catch (error) {
    return { html: null, errors: [{ line: 0, tag: "", message: error.message }] };
  }
}

await answer((sources) => Promise.all(sources.map(judge)));
