//! One's own quiet hours.

use super::deed::Deed;
use crate::api::set_quiet_hours;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Notice, Show};
use domain::{QuietHours, WallTime};
use leptos::prelude::*;

/// When no phone of the reader's rings: what holds now, and two times to change it.
#[component]
pub(crate) fn MyQuietHours() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let hours = Memo::new(move |_| live.community().with(|it| it.as_ref().and_then(|it| it.quiet)));
    let zone = move || live.community().with(|it| it.as_ref().map(|it| it.time_zone.clone())).unwrap_or_default();
    // A night, for who has not chosen yet.
    let times = untrack(|| hours.get())
        .map_or((WallTime::of(22, 0), WallTime::of(7, 0)), |hours| (Some(hours.from()), Some(hours.until())));
    let (from, until) = (RwSignal::new(times.0.unwrap_or_default()), RwSignal::new(times.1.unwrap_or_default()));
    let same = Memo::new(move |_| QuietHours::new(from.get(), until.get()).is_none());
    let no_time = move || same.get().then(|| t!(i18n, quiet.same).to_owned());
    let set = move |hours: Option<QuietHours>| deed.ask(set_quiet_hours(hours), move |()| live.reload());
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(hours) = QuietHours::new(from.get_untracked(), until.get_untracked()) {
            set(Some(hours));
        }
    };
    let stands = move || match hours.get() {
        Some(hours) => t!(i18n, quiet.on, from = hours.from(), until = hours.until()),
        None => t!(i18n, quiet.off).to_owned(),
    };
    let clock = move || {
        let zone = zone();
        t!(i18n, quiet.clock, zone = if zone.is_empty() { "UTC" } else { &zone })
    };
    view! {
        <section class="phone-quiet">
            <h2>{t!(i18n, quiet.title)}</h2>
            <p>{t!(i18n, quiet.lead)}</p>
            <p role="status"><strong>{stands}</strong>" "{clock}</p>
            <Notice text=Signal::derive(no_time) />
            <Refused why=deed.refused() />
            <form class="quiet-hours" on:submit=save>
                <Time label=t!(i18n, quiet.from) time=from />
                <Time label=t!(i18n, quiet.until) time=until />
                <button type="submit" class="button is-accent" disabled=deed.pending()>
                    <Icon glyph=Glyph::Sleep />
                    {t!(i18n, quiet.save)}
                </button>
                <Show when=move || hours.get().is_some()>
                    <button
                        type="button"
                        class="button is-quiet"
                        disabled=deed.pending()
                        on:click=move |_| set(None)
                    >
                        {t!(i18n, quiet.turn_off)}
                    </button>
                </Show>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Time(label: &'static str, time: RwSignal<WallTime>) -> impl IntoView {
    let choose = move |event: leptos::ev::Event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            time.set(chosen);
        }
    };
    view! {
        <label class="field">
            <span>{label}</span>
            <input type="time" required value=time.get_untracked().to_string() on:change=choose />
        </label>
    }
    .into_any()
}
