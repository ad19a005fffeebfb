import type { Page } from "@playwright/test";
import { PHONE, axe } from "../support/axe.ts";
import type { Person } from "../support/person.ts";
import { expect, test } from "../support/push.ts";

const LANGUAGES = [
  { tag: "en", name: "English" },
  { tag: "es", name: "Español" },
  { tag: "pl", name: "Polski" },
];

/** The page says which language it speaks, nothing on it is wider than a phone, and axe finds nothing. */
async function speaks(page: Page, tag: string): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("lang", tag);
  const before = page.viewportSize();
  await page.setViewportSize(PHONE);
  expect(await page.evaluate(cut), `what is cut in ${page.url()}`).toEqual([]);
  await axe(page, { looks: 1, state: `the page in ${tag}` });
  if (before) await page.setViewportSize(before);
}

/** The words that have no room where they stand. */
function cut(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>("button, a, h1, h2, p, li, label, span")];
  const shown = all.filter((one) => one.checkVisibility() && one.textContent?.trim());
  const wide = shown.filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    // What is for ears only has no width.
    if (width <= 1) return false;
    const isBox = getComputedStyle(one).display !== "inline";
    return (isBox && one.scrollWidth > one.clientWidth + 1) || left < -1 || right > innerWidth + 1;
  });
  const page = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  return [...page, ...wide.map((one) => one.textContent ?? "")];
}

/** Presses a language, and waits until the server knows. */
async function choose(page: Page, name: string): Promise<void> {
  const told = page.waitForResponse("**/api/set_language");
  await page.getByRole("link", { name, exact: true }).click();
  expect((await told).status()).toBe(200);
}

const told = (person: Person, language: string) =>
  person.page.request.post(new URL("/api/set_language", person.page.url()).href, { data: { language } });

test.describe("languages", { tag: "@without-audio" }, () => {
  test("a Spanish browser lands on the Spanish sign-in page, which can be had in each language by its own name", async ({
    parish: { paxora, device },
  }) => {
    const page = await (await device(undefined, { locale: "es-MX" })).context.newPage();
    await page.goto(paxora.origin());
    await expect(page).toHaveURL(/\/es\/sign-in$/);
    await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible();
    await expect(page).toHaveTitle("Entrar · Paxora");
    await speaks(page, "es");

    for (const { tag, name } of LANGUAGES) {
      const link = page.getByRole("link", { name, exact: true });
      await expect(link).toHaveAttribute("lang", tag);
      await expect(link).toHaveAttribute("hreflang", tag);
    }
    await page.goto(`${paxora.origin()}/es/sign-in?from=somewhere`);
    await page.getByRole("link", { name: "Polski", exact: true }).click();
    await expect(page).toHaveURL(/\/pl\/sign-in\?from=somewhere$/);
    await expect(page.getByRole("heading", { name: "Logowanie" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Polski", exact: true })).toHaveAttribute("aria-current", "true");
    await speaks(page, "pl");

    // Refused in the language of the page, before anything else is known of whoever asks.
    await page.getByLabel("Adres e-mail lub nazwa użytkownika").fill("nobody");
    await page.getByLabel("Hasło").fill("a wrong password");
    await page.getByRole("button", { name: "Zaloguj się" }).click();
    await expect(page.getByText("Ta nazwa i to hasło do siebie nie pasują.")).toBeVisible();
  });

  test("whoever joins in Spanish is spoken to in Spanish on the next device, whatever its browser prefers", async ({
    parish: { paxora, device },
  }) => {
    const page = await (await device(undefined, { locale: "es-ES" })).context.newPage();
    await page.goto(`${paxora.origin()}/join/${await paxora.invite()}`);
    await expect(page).toHaveURL(/\/es\/join\//);
    await speaks(page, "es");
    await page.getByLabel("Su nombre").fill("Rosa Molina");
    await page.getByLabel("Correo electrónico o nombre de usuario").fill("rosa");
    await page.getByLabel("Elija una contraseña").fill("una frase corta");
    await page.getByRole("button", { name: "Unirme" }).click();
    await expect(page).toHaveURL(/\/es\/community\/chat/);
    await expect(page.getByRole("heading", { name: "La paz sea con usted" })).toBeVisible();
    await speaks(page, "es");

    const next = await (await device(undefined, { locale: "en-US" })).context.newPage();
    await next.goto(paxora.origin());
    await expect(next).toHaveURL(/\/en\/sign-in$/);
    await next.getByLabel("E-mail address or user name").fill("rosa");
    await next.getByLabel("Password").fill("una frase corta");
    await next.getByRole("button", { name: "Sign in" }).click();
    await expect(next).toHaveURL(/\/es\/community\/chat/);
    await next.getByRole("button", { name: "Salir" }).click();
    await expect(next).toHaveURL(/\/es\/sign-in$/);
    await expect(next.getByRole("heading", { name: "Entrar" })).toBeVisible();
  });

  test("who switches to Polish stays where they are, and is spoken to in Polish on the next device", async ({
    parish: { paxora, signIn, device },
  }) => {
    const ben = await signIn("Ben Carter");
    const choir = paxora.channel("Choir");
    await ben.open(choir);
    await choose(ben.page, "Polski");
    await expect(ben.page).toHaveURL(new RegExp(`/pl/community/chat\\?channel=${choir.id}$`));
    await expect(ben.page.getByRole("heading", { name: "Grupy" })).toBeVisible();
    await expect(ben.page.getByRole("textbox", { name: "Napisz wiadomość" })).toBeVisible();
    await speaks(ben.page, "pl");
    await ben.page.goto(`${paxora.origin()}/pl/community/phone`);
    await speaks(ben.page, "pl");
    await ben.page.goto(`${paxora.origin()}/pl/help/microphone`);
    await speaks(ben.page, "pl");

    const next = await (await device(undefined, { locale: "es-ES" })).context.newPage();
    await next.goto(`${paxora.origin()}/sign-in/link?token=${new URL((await paxora.personAgain("Ben Carter")).link).searchParams.get("token")}`);
    await expect(next).toHaveURL(/\/es\/sign-in\/link/);
    await next.getByRole("button", { name: "Entrar como Ben Carter" }).click();
    await expect(next).toHaveURL(/\/pl\/community\/chat/);
    await next.goto(paxora.origin());
    await expect(next).toHaveURL(/\/pl\/community\/chat$/);
    await expect(next.getByRole("heading", { name: "Pokój z wami" })).toBeVisible();
  });

  test("a call rings in the language of each, on open pages and on closed phones", async ({ parish: { paxora, signIn }, phone }) => {
    const [anna, ben, clara] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signIn("Clara Ruiz")];
    const phones = [await phone(ben), await phone(clara)];
    for (const [person, tag] of [[ben, "pl"], [clara, "es"]] as const) {
      await told(person, tag);
      await person.page.goto(`${paxora.origin()}/${tag}/community/chat?channel=${paxora.channel("Parish").id}`);
    }
    await anna.open(paxora.channel("Choir"));
    await anna.startCall();
    await expect(ben.ringing(anna).getByRole("button", { name: "Odbierz" })).toBeVisible();
    await expect(ben.ringing(anna)).toContainText("dzwoni do grupy Choir");
    await expect(clara.ringing(anna).getByRole("button", { name: "Responder" })).toBeVisible();
    await expect(clara.ringing(anna)).toContainText("llama a Choir");
    await speaks(ben.page, "pl");
    await speaks(clara.page, "es");

    await expect.poll(() => phones.map((one) => one.received.length)).toEqual([1, 1]);
    const [polish, spanish] = phones.map((one) => one.received[0].notification);
    expect(polish).toMatchObject({ title: "Rozmowa grupowa: Choir", lang: "pl" });
    expect(polish.data.url).toMatch(/^\/pl\/community\/chat\?channel=/);
    expect(spanish).toMatchObject({ title: "Llamada de grupo en Choir", lang: "es" });
    expect(spanish.data.url).toMatch(/^\/es\/community\/chat\?channel=/);

    await ben.ringing(anna).getByRole("button", { name: "Odbierz" }).click();
    await clara.ringing(anna).getByRole("button", { name: "Responder" }).click();
    const call = (person: Person, name: string) => person.page.getByRole("region", { name, exact: true });
    await expect(call(ben, "Rozmowa głosowa").getByText("3 osoby")).toBeVisible();
    await expect(call(clara, "Llamada de voz").getByText("3 personas")).toBeVisible();
    await speaks(ben.page, "pl");
    await speaks(clara.page, "es");

    // The call is not touched by what it is called.
    await choose(ben.page, "Español");
    await expect(call(ben, "Llamada de voz").getByText("3 personas")).toBeVisible();
    await call(clara, "Llamada de voz").getByRole("button", { name: "Colgar" }).click();
    await expect(call(ben, "Llamada de voz").getByText("2 personas")).toBeVisible();
  });
});
