//! Of which messages in a channel this member's devices are told.

use crate::api::set_notices;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Sheet};
use domain::{ChannelId, Notices};
use leptos::prelude::*;

const ALL: [Notices; 3] = [Notices::All, Notices::Named, Notices::None];

/// A bell, and the choice behind it.
#[component]
pub(crate) fn NoticesButton(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let open = RwSignal::new(false);
    let now = Memo::new(move |_| live.channel(id).map_or(Notices::All, |channel| channel.notices));
    let words = move |notices| match notices {
        Notices::All => t!(i18n, notices.all),
        Notices::Named => t!(i18n, notices.named),
        Notices::None => t!(i18n, notices.none),
    };
    let choose = Action::new(move |notices: &Notices| {
        let notices = *notices;
        async move {
            set_notices(id, notices).await?;
            live.set_notices(id, notices);
            open.set(false);
            Ok::<(), ApiError>(())
        }
    });
    let failed = Signal::derive(move || match choose.value().get() {
        Some(Err(error)) => Some(error.problem),
        _ => None,
    });
    view! {
        <button
            type="button"
            class="button-round"
            aria-label=move || t!(i18n, notices.open, now = words(now.get()))
            aria-haspopup="dialog"
            on:click=move |_| open.set(true)
        >
            {move || view! { <Icon glyph=if now.get() == Notices::None { Glyph::BellOff } else { Glyph::Bell } /> }}
        </button>
        <Sheet open id="notices" title=t!(i18n, notices.title)>
            <div class="choices">
                <p>{t!(i18n, notices.lead)}</p>
                <Refused why=failed />
                {ALL.map(|notices| view! {
                    <button
                        type="button"
                        class="choice-row"
                        aria-pressed=move || (now.get() == notices).to_string()
                        on:click=move |_| _ = choose.dispatch(notices)
                    >
                        <span>{words(notices)}</span>
                    </button>
                }).collect_view()}
            </div>
        </Sheet>
    }
    .into_any()
}
