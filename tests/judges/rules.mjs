// Writes the rules of the installed `mjml` as JSON, one tag a line: what newsletter/render/mjml_rules.json holds.
//
//     cd tests/judges && npm install && node rules.mjs > ../../newsletter/render/mjml_rules.json

import { createRequire } from 'node:module'
import { join } from 'node:path'

// From the working directory, so that it runs wherever `mjml` is installed.
const require = createRequire(join(process.cwd(), 'rules.mjs'))
require('mjml')
const { components } = require('mjml-core')
const { dependencies } = require('mjml-validator')
const colours = require('mjml-core/lib/types/helpers/colors')

const parents = (tag) =>
  Object.keys(dependencies).filter((parent) => dependencies[parent].includes(tag)).sort()

const lines = Object.keys(components).sort().map((tag) => {
  const { endingTag, allowedAttributes } = components[tag]
  const rule = { in: parents(tag), ending: Boolean(endingTag), attributes: allowedAttributes ?? {} }
  return `${JSON.stringify(tag)}: ${JSON.stringify(rule)}`
})

process.stdout.write(`{"colours": ${JSON.stringify(colours.join(' '))},\n"tags": {\n${lines.join(',\n')}\n}}\n`)
