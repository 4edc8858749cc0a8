// So many messages through nodemailer's pool; prints how many a second. The order comes as JSON on stdin.
const nodemailer = require("nodemailer");
const order = JSON.parse(require("fs").readFileSync(0));

const pool = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: order.port,
  secure: false,
  ignoreTLS: true,
  maxConnections: order.connections,
  maxMessages: Infinity,
});
const message = (n) => ({
  from: "papers@example.org",
  to: `reader${n}@example.org`,
  subject: order.subject,
  text: order.text,
  html: order.html,
  textEncoding: "quoted-printable",
});

(async () => {
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: order.messages }, (_, n) => pool.sendMail(message(n))));
  console.log(order.messages / (Number(process.hrtime.bigint() - start) / 1e9));
  pool.close();
})();
