//! What was reported, for those who look after the parish.

use super::confirm::Confirm;
use super::deed::{Deed, Latest};
use super::may;
use crate::api::{close_report, reports};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Moment, Sheet, Show};
use domain::{Care, Outcome, Report};
use leptos::prelude::*;

/// Every report that nobody has closed yet, newest first, each with what can be done about it.
#[component]
pub(crate) fn Reports() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let open = Latest::<Vec<Report>>::new();
    let fetch = move || open.ask(reports());
    Effect::new(move || {
        // One more, or one is closed.
        live.community().track();
        fetch();
    });
    // What is to be removed, once somebody is sure.
    let doomed = RwSignal::new(None::<Report>);
    let shown = RwSignal::new(false);
    let close = Callback::new(move |(report, outcome): (Report, Outcome)| {
        deed.ask(close_report(report.id, outcome), move |()| {
            shown.set(false);
            live.reload();
        });
    });
    let remove = Callback::new(move |report| {
        doomed.set(Some(report));
        shown.set(true);
    });
    let sure = move || {
        doomed.with(|doomed| {
            doomed.as_ref().map(|report| match report.message {
                Some(_) => t!(i18n, reports.sure_message).to_owned(),
                None => t!(i18n, members.remove_lead, name = live.name_of(report.about)),
            })
        })
    };
    let go = move || {
        if let Some(report) = doomed.get_untracked() {
            close.run((report, Outcome::Removed));
        }
    };
    view! {
        <section class="members-part">
            <p class="members-lead">{t!(i18n, reports.lead)}</p>
            <Refused why=deed.refused() />
            <p role="status">
                {move || match open.get() {
                    None => Some(t!(i18n, app.loading)),
                    Some(open) if open.is_empty() => Some(t!(i18n, reports.none)),
                    Some(_) => None,
                }}
            </p>
            <ul class="reports">
                <For each=move || open.get().unwrap_or_default() key=|report| report.id let:report>
                    <Row report deed close remove />
                </For>
            </ul>
        </section>
        <Sheet open=shown id="sure" title=t!(i18n, reports.remove)>
            <Confirm
                lead=Signal::derive(move || sure().unwrap_or_default())
                words=t!(i18n, reports.remove)
                pending=deed.pending()
                on_yes=move |()| go()
                on_no=move |()| shown.set(false)
            />
        </Sheet>
    }
    .into_any()
}

#[component]
fn Row(report: Report, deed: Deed, close: Callback<(Report, Outcome)>, remove: Callback<Report>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let Report { by, about, message, note, at, .. } = report.clone();
    let of_member = message.is_none();
    let headline = move || {
        let (by, about) = (live.name_of(by), live.name_of(about));
        if of_member { t!(i18n, reports.of_member, by, about) } else { t!(i18n, reports.of_message, by, about) }
    };
    let may_remove = Memo::new(move |_| match of_member {
        true => live.role_of(about).is_some_and(|role| may(live, Care::Remove, role)),
        // Whoever reported it leaves that to somebody else.
        false => live.me() != Some(by),
    });
    let (nothing, removal) = (report.clone(), StoredValue::new(report));
    view! {
        <li class="report-row">
            <p><strong>{headline}</strong></p>
            <small><Moment at=at.0 /></small>
            {message.map(|message| view! { <blockquote>{message.text}</blockquote> })}
            {(!note.is_empty()).then(|| view! { <p>{t!(i18n, reports.note, note = &note)}</p> })}
            <p class="report-choices">
                <button
                    type="button"
                    class="button is-quiet"
                    disabled=deed.pending()
                    on:click=move |_| close.run((nothing.clone(), Outcome::Nothing))
                >
                    <Icon glyph=Glyph::CircleCheck />
                    {t!(i18n, reports.close)}
                </button>
                <Show when=move || may_remove.get()>
                    <button
                        type="button"
                        class="button is-no"
                        disabled=deed.pending()
                        on:click=move |_| remove.run(removal.get_value())
                    >
                        <Icon glyph=if of_member { Glyph::UserMinus } else { Glyph::Trash } />
                        {move || {
                            if of_member { t!(i18n, members.remove) } else { t!(i18n, reports.remove_message) }
                        }}
                    </button>
                </Show>
            </p>
        </li>
    }
    .into_any()
}
