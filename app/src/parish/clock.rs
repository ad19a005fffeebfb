//! The clock of the parish, for those who run it.

use super::deed::Deed;
use super::my_role;
use crate::api::set_time_zone;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Show, own_time_zone, time_zones};
use domain::quiet::may_set_clock;
use leptos::prelude::*;

/// In which time zone the clock of the parish stands, and a list to choose another one from.
#[component]
pub(crate) fn ParishClock() -> impl IntoView {
    let live = use_live();
    let shown = Memo::new(move |_| my_role(live).is_some_and(|role| may_set_clock(role, false)));
    view! {
        <Show when=move || shown.get()>
            <Clock />
        </Show>
    }
    .into_any()
}

#[component]
fn Clock() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let zone =
        Memo::new(move |_| live.community().with(|it| it.as_ref().map(|it| it.time_zone.clone())).unwrap_or_default());
    let chosen = RwSignal::new(zone.get_untracked());
    let zones = RwSignal::new(vec![zone.get_untracked()]);
    // The browser knows the names of all zones, and where it is.
    Effect::new(move || {
        let now = zone.get();
        let mut known = time_zones();
        let here = if now.is_empty() { own_time_zone().unwrap_or_default() } else { now };
        known.extend(["UTC".to_owned(), here.clone()]);
        known.retain(|name| !name.is_empty());
        known.sort_unstable();
        known.dedup();
        zones.set(known);
        chosen.set(here);
    });
    let stands = move || match zone.get() {
        zone if zone.is_empty() => t!(i18n, clock.unset).to_owned(),
        zone => t!(i18n, clock.now, zone),
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        deed.ask(set_time_zone(chosen.get_untracked()), move |()| live.reload());
    };
    let option = move |name: String| {
        let value = name.clone();
        view! { <option value=value.clone() selected=move || chosen.with(|chosen| *chosen == value)>{name}</option> }
    };
    view! {
        <section class="members-part">
            <h2>{t!(i18n, clock.title)}</h2>
            <p class="members-lead" role="status">{stands}" "{t!(i18n, clock.lead)}</p>
            <Refused why=deed.refused() />
            <form class="new-invite" on:submit=save>
                <label class="field">
                    <span>{t!(i18n, clock.zone)}</span>
                    <select on:change=move |event| chosen.set(event_target_value(&event))>
                        {move || zones.get().into_iter().map(option).collect_view()}
                    </select>
                </label>
                <button type="submit" class="button is-accent" disabled=deed.pending()>
                    <Icon glyph=Glyph::CircleCheck />
                    {t!(i18n, clock.save)}
                </button>
            </form>
        </section>
    }
    .into_any()
}
