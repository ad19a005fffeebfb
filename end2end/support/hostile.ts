import type { Page } from "@playwright/test";

/** Markup, addresses and characters that have fooled others. */
export const HOSTILE = [
  `<script>alarm("script")</script>`,
  `<img src=x onerror=alarm("image")>`,
  `"><svg/onload=alarm("svg")>`,
  `</p></li></ol></div><b>out</b>`,
  `{{constructor.constructor("alarm(1)")()}}`,
  `[link](javascript:alarm(1))`,
  `javascript://www.example.org/%0aalarm(1)`,
  `data:text/html,<script>alarm(1)</script>`,
  `<!--[if]><script>alarm(1)</script-->`,
  `&lt;b&gt; &amp; &#60;`,
  `\u202Egnp.exe`,
];

/** What scripts in the words of people have done on this page, or would have, had the browser let them. */
export function watchForScripts(page: Page): string[] {
  const alarms: string[] = [];
  page.on("dialog", (dialog) => (alarms.push(dialog.message()), void dialog.dismiss()));
  page.on("console", (message) => void (/Content Security Policy/.test(message.text()) && alarms.push(message.text())));
  void page.exposeFunction("alarm", (what: string) => alarms.push(what));
  return alarms;
}
