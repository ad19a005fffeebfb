import { join } from "node:path";
import { expect, test } from "../support/test.ts";

// Not a test: pictures to look at, made by script/screenshots.

const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const folder = process.env.SCREENSHOTS ?? "screenshots";

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${size}, ${colorScheme}`, async ({ parish: { paxora, device, signIn } }) => {
      const look = { viewport, colorScheme, isMobile: size === "phone", hasTouch: size === "phone" };
      const hers = await device("Anna Nowak", look);
      const visitor = await hers.context.newPage();
      const take = (page: typeof visitor, screen: string) =>
        page.screenshot({ path: join(folder, `${screen}-${size}-${colorScheme}.png`), animations: "disabled" });

      await visitor.goto(`${paxora.origin()}/en/sign-in`);
      await take(visitor, "sign-in");
      await visitor.close();

      const anna = await signIn("Anna Nowak", hers);
      const ben = await signIn("Ben Carter", await device("Ben Carter", look));
      const channel = paxora.direct("Anna", "Ben");
      await anna.open(channel);
      await ben.open(channel);
      await take(anna.page, "chat");
      await anna.startCall();
      await expect(ben.ringing(anna)).toBeVisible();
      await take(anna.page, "calling");
      await take(ben.page, "ringing");
      await ben.accept();
      await anna.hears(ben);
      await take(anna.page, "in-call");
      await anna.hangUp();
      await expect(anna.call).toBeHidden();
      await take(anna.page, "after-the-call");
      await anna.startCall();
      await ben.decline();
      await expect(anna.afterwards).toBeVisible();
      await take(anna.page, "nobody-came");
      await anna.afterwards.getByRole("button", { name: "Close" }).click();
      await anna.page.getByRole("button", { name: "About Ben Carter" }).click();
      await take(anna.page, "about-ben");
      const asked = anna.page.waitForResponse("**/api/push/device");
      await anna.page.goto(`${paxora.origin()}/en/community/phone`);
      await asked;
      await anna.page.screenshot({
        path: join(folder, `phone-${size}-${colorScheme}.png`),
        animations: "disabled",
        fullPage: true,
      });
    });
  }
}
