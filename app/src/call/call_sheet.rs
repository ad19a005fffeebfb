//! What is asked over a call: about one person, whom to add, what else can be done, and whether somebody is sure.

use super::active_call::Panel;
use super::add_people::AddPeople;
use super::person_sheet::PersonSheet;
use super::sound_choice::{Choices, SoundChoice};
use crate::i18n::{t, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Sheet};
use domain::{Lead, MemberId};
use leptos::html::Button;
use leptos::prelude::*;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// What else to do.
    More,
    /// Whom to ring as well.
    Add,
    /// What to do about somebody.
    Person(MemberId),
    /// Whether to do what cannot be taken back.
    Sure(Lead),
}

/// The one sheet of a call.
#[component]
pub(crate) fn CallSheet(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let title = Signal::derive(move || match panel.asks.get() {
        Asks::More => t!(i18n, call.more).to_owned(),
        Asks::Add => t!(i18n, call.add.title).to_owned(),
        Asks::Person(them) => live.name_of(them),
        Asks::Sure(Lead::PutOut(them)) => t!(i18n, call.sure.put_out, name = live.name_of(them)),
        Asks::Sure(_) => t!(i18n, call.sure.end_for_all).to_owned(),
    });
    view! {
        <Sheet open=panel.sheet id="call-sheet" title>
            {move || match panel.asks.get() {
                Asks::More => view! { <More panel /> }.into_any(),
                Asks::Add => view! { <AddPeople panel /> }.into_any(),
                Asks::Person(them) => view! { <PersonSheet panel them /> }.into_any(),
                Asks::Sure(act) => view! { <Sure panel act /> }.into_any(),
            }}
        </Sheet>
    }
    .into_any()
}

/// One thing to do, as wide as the sheet. What is `grave` cannot be taken back.
pub(super) fn choice(
    glyph: Glyph,
    words: &'static str,
    grave: bool,
    on_tap: impl Fn() + Send + Sync + 'static,
) -> AnyView {
    row(glyph, words, grave, Callback::new(move |()| on_tap()))
}

/// One type for all, so that all are one piece of code.
fn row(glyph: Glyph, words: &'static str, grave: bool, on_tap: Callback<()>) -> AnyView {
    view! {
        <button type="button" class="sheet-choice" class:is-grave=grave on:click=move |_| on_tap.run(())>
            <Icon glyph />
            <span>{words}</span>
        </button>
    }
    .into_any()
}

/// Where the sound comes from, and what somebody who leads may do with the whole call.
#[component]
fn More(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let sounds = Choices::here();
    let locked = Memo::new(move |_| panel.is_locked());
    let lead = move |act: Lead| {
        panel.sheet.set(false);
        voice.lead(act);
    };
    panel.chooses.set(false);
    on_cleanup(move || panel.chooses.set(false));
    let rows = move || {
        let mut rows = vec![];
        if panel.leads.get() {
            let others = t!(i18n, call.lead.mute_others);
            rows.push(choice(Glyph::MicOff, others, false, move || lead(Lead::MuteOthers)));
            let is = locked.get();
            let (glyph, words) = if is {
                (Glyph::LockOpen, t!(i18n, call.lead.unlock))
            } else {
                (Glyph::Lock, t!(i18n, call.lead.lock))
            };
            rows.push(choice(glyph, words, false, move || lead(Lead::Lock(!is))));
        }
        if sounds.are_some() {
            let open = move || panel.chooses.update(|open| *open = !*open);
            rows.push(choice(Glyph::Settings, t!(i18n, call.sound), false, open));
            rows.push(view! { <SoundChoice panel /> }.into_any());
        }
        if panel.may_end.get() {
            let end = t!(i18n, call.lead.end_for_all);
            let ask = move || panel.asks.set(Asks::Sure(Lead::EndForAll));
            rows.push(choice(Glyph::PhoneOff, end, true, ask));
        }
        rows
    };
    view! { <div class="choices">{rows}</div> }.into_any()
}

/// Asks once more.
#[component]
fn Sure(panel: Panel, act: Lead) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let removes = matches!(act, Lead::PutOut(_));
    let words = if removes { t!(i18n, call.sure.put_out_lead) } else { t!(i18n, call.sure.end_for_all_lead) };
    let (glyph, yes) = if removes {
        (Glyph::UserMinus, t!(i18n, call.person.put_out))
    } else {
        (Glyph::PhoneOff, t!(i18n, call.lead.end_for_all))
    };
    // What was pressed to get here is gone; nothing happens to whoever presses once more.
    let no = NodeRef::<Button>::new();
    Effect::new(move || {
        if let Some(no) = no.get() {
            request_animation_frame(move || _ = no.focus());
        }
    });
    view! {
        <p class="sheet-lead">{words}</p>
        <footer class="sheet-foot">
            <button
                type="button"
                class="button is-no"
                on:click=move |_| {
                    panel.sheet.set(false);
                    voice.lead(act);
                }
            >
                <Icon glyph />
                {yes}
            </button>
            <button type="button" class="button is-quiet" node_ref=no on:click=move |_| panel.sheet.set(false)>
                {t!(i18n, call.sure.no)}
            </button>
        </footer>
    }
    .into_any()
}
