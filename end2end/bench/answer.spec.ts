import { expect } from "../support/test.ts";
import { Marks } from "./marks.ts";
import { compareClocks, test } from "./bench.ts";
import { times } from "./measure.ts";

test("an answer @answer", async ({ parish: { paxora, signIn }, measure }) => {
  const channel = paxora.direct("Anna", "Ben");
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  const [hers, his] = [await Marks.of(anna), await Marks.of(ben)];
  for (const person of [anna, ben]) await person.open(channel);
  await ben.touch();
  const heard = measure.row("tap *Accept* → the first audio packet of the caller is here", { p95: 500 });
  const back = measure.row("tap *Accept* → the first audio packet of who accepted is at the caller");
  for (let call = 0; call < times(200); call++) {
    await anna.startCall();
    await his.first("overlay drawn");
    for (const marks of [hers, his]) marks.forget();
    await ben.accept(anna);
    const tapped = await his.first("tap", "Accept");
    heard.push((await his.first("audio arrives")) - tapped);
    back.push((await hers.first("audio arrives")) - tapped);
    await anna.hangUp();
    for (const person of [anna, ben]) await expect(person.call).toBeHidden();
    for (const marks of [hers, his]) marks.forget();
  }
  compareClocks(measure, hers, his);
});
