//! *Will this phone ring?*

use super::page_head::PageHead;
use crate::api::Page;
use crate::browser::Place;
use crate::help::HelpLink;
use crate::i18n::{Form, I18n, t, use_i18n};
use crate::parish::MyQuietHours;
use crate::state::{Standing, Test, use_reach, use_ringer};
use crate::ui::{Glyph, Icon, Show};
use leptos::either::Either;
use leptos::prelude::*;

/// Everything that has to be right for this device to ring, with a button beside what is not, and a test.
#[component]
pub(crate) fn PhonePage() -> impl IntoView {
    let i18n = use_i18n();
    let reach = use_reach();
    let (standing, device, place) = (reach.standing(), reach.device(), reach.place());
    let heard = use_ringer();
    let locked = heard.is_locked();
    let reached = Memo::new(move |_| standing.get() == Some(Standing::Reached));
    let last = move || match device.get() {
        Some(device) => match (device.refused, device.accepted_ms_ago) {
            (Some(_), _) => t!(i18n, phone.last.refused).to_owned(),
            (None, None) => t!(i18n, phone.last.never).to_owned(),
            (None, Some(ago)) if ago < 90_000 => t!(i18n, phone.last.now).to_owned(),
            (None, Some(ago)) => long_ago(i18n, ago),
        },
        None => t!(i18n, app.loading).to_owned(),
    };
    view! {
        <main class="phone">
            <PageHead title=t!(i18n, phone.title) />
            <p class="phone-verdict" class:is-good=move || reached.get() role="status">
                {move || match standing.get() {
                    None => t!(i18n, app.loading),
                    Some(Standing::Reached) => t!(i18n, phone.verdict.yes),
                    Some(_) => t!(i18n, phone.verdict.no),
                }}
            </p>
            <ul class="phone-checks">
                <Check good=reached title=t!(i18n, phone.closed.title)>
                    {move || match standing.get() {
                        None => Either::Left(view! { <p>{t!(i18n, app.loading)}</p> }),
                        Some(standing) => Either::Right(view! { <WhileClosed standing /> }),
                    }}
                </Check>
                <Check good=Signal::derive(move || !locked.get()) title=t!(i18n, phone.sound.title)>
                    <p>
                        {move || {
                            if locked.get() { t!(i18n, phone.sound.off) } else { t!(i18n, phone.sound.on) }
                        }}
                    </p>
                    <Show when=move || locked.get()>
                        <button type="button" class="button is-accent" on:click=move |_| heard.unlock()>
                            <Icon glyph=Glyph::Volume />
                            {t!(i18n, ring_sound.turn_on)}
                        </button>
                        <HelpLink page=Page::Sound />
                    </Show>
                </Check>
                <Show when=move || reached.get()>
                    <Check
                        good=Signal::derive(move || device.with(|it| it.as_ref().is_some_and(|it| it.refused.is_none())))
                        title=t!(i18n, phone.last.title)
                    >
                        <p>{last}</p>
                    </Check>
                </Show>
            </ul>
            <Show when=move || reached.get()>
                <TestRing />
            </Show>
            <MyQuietHours />
            <Show when=move || place.get() != Place::Installed && place.get() != Place::Desktop>
                <Install />
            </Show>
            <p><HelpLink page=Page::Ringing /></p>
            <Limits />
        </main>
    }
    .into_any()
}

/// What no app from the web can do, said plainly.
#[component]
fn Limits() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="phone-limits">
            <h2>{t!(i18n, phone.limits.title)}</h2>
            <ul>
                <li>{t!(i18n, phone.limits.card)}</li>
                <li>{t!(i18n, phone.limits.once)}</li>
                <li>{t!(i18n, phone.limits.iphone)}</li>
                <li>{t!(i18n, phone.limits.earpiece)}</li>
                <li>{t!(i18n, phone.limits.saving)}</li>
            </ul>
        </section>
    }
    .into_any()
}

#[component]
fn Check(#[prop(into)] good: Signal<bool>, title: &'static str, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let glyph = move || if good.get() { Glyph::CircleCheck } else { Glyph::TriangleAlert };
    view! {
        <li class="phone-check" class:is-good=move || good.get()>
            <span class="phone-check-mark">{move || view! { <Icon glyph=glyph() /> }}</span>
            <div class="phone-check-words">
                <h2>
                    {title}
                    <span class="for-ears">
                        {move || if good.get() { t!(i18n, phone.good) } else { t!(i18n, phone.not_good) }}
                    </span>
                </h2>
                {children()}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn WhileClosed(standing: Standing) -> impl IntoView {
    let i18n = use_i18n();
    let reach = use_reach();
    let words = match standing {
        Standing::Reached => t!(i18n, phone.closed.yes),
        Standing::NotAsked => t!(i18n, phone.closed.not_asked),
        Standing::Denied => t!(i18n, phone.closed.denied),
        Standing::Unreachable => t!(i18n, phone.closed.unreachable),
        Standing::InstallFirst => t!(i18n, phone.closed.install_first),
        Standing::Impossible => t!(i18n, phone.closed.impossible),
    };
    let can_turn_on = matches!(standing, Standing::NotAsked | Standing::Unreachable);
    view! {
        <p>{words}</p>
        <Show when=move || can_turn_on>
            <button type="button" class="button is-accent" on:click=move |_| reach.turn_on()>
                <Icon glyph=Glyph::Phone />
                {t!(i18n, phone.turn_on)}
            </button>
        </Show>
    }
    .into_any()
}

/// More than a minute ago, in milliseconds.
fn long_ago(i18n: I18n, ago: u64) -> String {
    let (minutes, hours) = ((ago + 30_000) / 60_000, (ago + 1_800_000) / 3_600_000);
    let by_hours = ago >= 5_400_000;
    let count = if by_hours { hours } else { minutes };
    match (by_hours, i18n.form(count)) {
        (false, Form::Few) => t!(i18n, phone.last.minutes_few, count),
        (false, _) => t!(i18n, phone.last.minutes, count),
        (true, Form::Few) => t!(i18n, phone.last.hours_few, count),
        (true, _) => t!(i18n, phone.last.hours, count),
    }
}

#[component]
fn TestRing() -> impl IntoView {
    let i18n = use_i18n();
    let reach = use_reach();
    let test = reach.test();
    let words = move || match test.get() {
        Test::None => t!(i18n, phone.test.lead),
        Test::OnItsWay => t!(i18n, phone.test.on_its_way),
        Test::Arrived => t!(i18n, phone.test.arrived),
        Test::Unreachable => t!(i18n, phone.closed.unreachable),
        Test::Failed => t!(i18n, problem.push_refused),
        Test::TooOften => t!(i18n, problem.limited_a_moment),
    };
    view! {
        <section class="phone-test">
            <h2>{t!(i18n, phone.test.title)}</h2>
            <p role="status">{words}</p>
            <button type="button" class="button is-accent" on:click=move |_| reach.ring_for_a_test()>
                <Icon glyph=Glyph::PhoneCall />
                {t!(i18n, phone.test.ring)}
            </button>
        </section>
    }
    .into_any()
}

/// How the app is put on the home screen, in pictures.
#[component]
fn Install() -> impl IntoView {
    let i18n = use_i18n();
    let place = use_reach().place();
    let step = move |picture: &'static str, words: &'static str| {
        view! {
            <li>
                <svg class="phone-picture" viewBox="0 0 240 240" aria-hidden="true">
                    <use href=format!("/install.svg#{picture}") />
                </svg>
                <span>{words}</span>
            </li>
        }
    };
    view! {
        <section class="phone-install">
            <h2>{t!(i18n, phone.install.title)}</h2>
            <p>{t!(i18n, phone.install.lead)}</p>
            {move || {
                if place.get() == Place::AppleBrowser {
                    Either::Left(view! {
                        <ol>
                            {step("ios-share", t!(i18n, phone.install.ios_share))}
                            {step("ios-add", t!(i18n, phone.install.ios_add))}
                            {step("home-screen", t!(i18n, phone.install.open))}
                        </ol>
                    })
                } else {
                    Either::Right(view! {
                        <ol>
                            {step("android-menu", t!(i18n, phone.install.android_menu))}
                            {step("android-install", t!(i18n, phone.install.android_install))}
                            {step("home-screen", t!(i18n, phone.install.open))}
                        </ol>
                    })
                }
            }}
        </section>
    }
    .into_any()
}
