//! Telling those who look after the parish of a message or a member.

use super::deed::Deed;
use crate::api::report;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon};
use domain::text::NOTE_MAX;
use domain::{MemberId, Reported};
use leptos::either::Either;
use leptos::prelude::*;

/// What a report says of whom, a line for a word about it, and the button that sends it.
#[component]
pub(crate) fn ReportForm(
    what: Reported,
    /// Who is reported.
    about: MemberId,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let note = RwSignal::new(String::new());
    let sent = RwSignal::new(false);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        deed.ask(report(what, note.get_untracked()), move |()| sent.set(true));
    };
    let lead = move || {
        let name = live.name_of(about);
        match what {
            Reported::Message(_) => t!(i18n, report.lead_message, name),
            Reported::Member(_) => t!(i18n, report.lead_member, name),
        }
    };
    view! {
        <Refused why=deed.refused() />
        {move || match sent.get() {
            true => Either::Left(view! { <p role="status">{t!(i18n, report.sent)}</p> }),
            false => Either::Right(view! {
                <form class="report" on:submit=send>
                    <p>{lead}</p>
                    <label class="field">
                        <span>{t!(i18n, report.note)}</span>
                        <input
                            type="text"
                            autocomplete="off"
                            maxlength=NOTE_MAX.to_string()
                            prop:value=move || note.get()
                            on:input=move |event| note.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="button is-accent" disabled=deed.pending()>
                        <Icon glyph=Glyph::TriangleAlert />
                        {t!(i18n, report.send)}
                    </button>
                </form>
            }),
        }}
    }
    .into_any()
}

/// The row of a card that opens the form.
#[component]
pub(crate) fn ReportChoice(#[prop(into)] on_choose: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <button type="button" class="choice-row" on:click=move |_| on_choose.run(())>
            <Icon glyph=Glyph::TriangleAlert />
            <span>
                <strong>{t!(i18n, report.title)}</strong>
                <small>{t!(i18n, report.hint)}</small>
            </span>
        </button>
    }
    .into_any()
}
