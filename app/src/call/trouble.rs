//! Why a call did not work.

use crate::help::{HelpLink, about};
use crate::i18n::{problem, t, use_i18n};
use crate::state::use_voice_calls;
use crate::ui::{Glyph, Icon, Show};
use leptos::prelude::*;

/// A sentence about a call that did not work, on every page, until it is closed.
#[component]
pub(crate) fn CallTrouble() -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let trouble = voice.problem();
    let can_switch = voice.can_switch();
    view! {
        <div class="call-trouble" role="alert">
            {move || trouble.get().map(|trouble| view! {
                <div class="call-trouble-card">
                    <Icon glyph=Glyph::TriangleAlert />
                    <p>
                        {problem(i18n, trouble)}
                        {about(trouble).map(|page| view! { " " <HelpLink page /> })}
                    </p>
                    <Show when=move || can_switch.get()>
                        <button type="button" class="button" on:click=move |_| voice.switch()>
                            {t!(i18n, trouble.switch)}
                        </button>
                    </Show>
                    <button
                        type="button"
                        class="button-round"
                        aria-label=t!(i18n, trouble.close)
                        on:click=move |_| voice.dismiss_problem()
                    >
                        <Icon glyph=Glyph::X />
                    </button>
                </div>
            })}
        </div>
    }
    .into_any()
}
