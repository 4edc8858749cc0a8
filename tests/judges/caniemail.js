// What mail clients do not support or support in part, as caniemail.com knows it:
// [html, ...] to [{feature: [client, ...]}, ...], of all clients.

import { caniemail } from "caniemail";

import { answer } from "./batch.js";

function judge(html) {
  const { issues } = caniemail({ clients: ["*"], html });
  const found = {};
  for (const kind of [issues.errors, issues.warnings]) {
    for (const [client, list] of kind) {
      for (const { title } of list) (found[title] ??= new Set()).add(client);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([title, clients]) => [title, [...clients].sort()]));
}

await answer((documents) => documents.map(judge));
