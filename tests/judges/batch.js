// How every judge is asked: one JSON document on stdin, one on stdout.

import { text } from "node:stream/consumers";

/** Read the job from stdin, print what `judge` makes of it. */
export async function answer(judge) {
  const job = JSON.parse(await text(process.stdin));
  process.stdout.write(JSON.stringify(await judge(job)));
}
