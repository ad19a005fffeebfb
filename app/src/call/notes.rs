//! What somebody has to know, or do, to hear and to be heard.

use super::active_call::Panel;
use super::mute_notes::MuteNote;
use super::quiet_note::{QuietNote, keep_quiet};
use super::shortcuts;
use crate::address;
use crate::api::Page;
use crate::browser::agent::{is_phone, maker};
use crate::i18n::{I18n, microphone_step, t, use_i18n};
use crate::state::{InRoom, Live, Microphone, MuteNews, Phase, Quality, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use domain::{CallSnapshot, MemberId, ParticipantSnapshot, ParticipantStatus};
use leptos::either::EitherOf4;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use std::collections::HashMap;

/// One thing to know or to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Note {
    /// The browser wants a tap before it plays the others.
    TapToHear,
    /// The system took the microphone away, and wants a tap.
    WakeMicrophone,
    /// Nobody hears us: why.
    ListenOnly(Why),
    /// Somebody else has muted us, or asks us not to be.
    Mute(MuteNews),
    /// Nothing comes from the microphone.
    Silent,
    /// A key holds the muted microphone open.
    HeldOpen,
    /// Our own connection is weak.
    WeHangByAThread,
    /// These are called, and have quiet hours.
    Quiet(Vec<MemberId>),
    /// Nobody new may come in.
    Locked,
    /// Something about the others.
    Others(About, Vec<MemberId>),
}

/// Why nobody hears us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Why {
    Denied,
    Missing,
    Busy,
}

/// What is the matter with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum About {
    /// Their phone has put the app to sleep: they hear nothing, and are not heard.
    Asleep,
    /// Their seat is kept for them.
    ComingBack,
    /// Their connection is weak.
    Weak,
}

/// What is the matter with somebody who is in the call.
pub(super) fn matter(participant: &ParticipantSnapshot, person: Option<&InRoom>) -> Option<About> {
    match person {
        // Whoever is not there cannot say that their phone has woken up.
        Some(person) if !person.here => Some(About::ComingBack),
        _ if participant.asleep => Some(About::Asleep),
        Some(InRoom { quality: Quality::Poor | Quality::Lost, .. }) => Some(About::Weak),
        _ => None,
    }
}

/// Everything that has to be known right now, the most pressing first.
#[component]
pub(crate) fn Notes(panel: Panel, #[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let people = panel.people;
    let (microphone, blocked, held) = (voice.microphone(), voice.sound_blocked(), voice.held_open());
    let (muted, mute_news) = (voice.muted(), voice.mute_news());
    let lost = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Reconnecting(_))));
    let mute = Memo::new(move |_| {
        let open = matches!(microphone.get(), Microphone::Open | Microphone::Silent);
        let told = mute_news.with(Option::is_some);
        muted.get() && !told && !held.get() && open && phase.with(|phase| matches!(phase, Phase::InCall(_)))
    });
    let notes = Memo::new(move |_| {
        let mut notes = vec![];
        let call = phase.with(|phase| match phase {
            Phase::Ended(_) => None,
            _ => phase.call().cloned(),
        });
        // Before anybody has answered, there is nobody to hear or to be heard by, but the microphone was asked for.
        let Some(call) = call else { return notes };
        notes.extend(blocked.get().then_some(Note::TapToHear));
        notes.extend(match microphone.get() {
            Microphone::Unasked | Microphone::Open => None,
            Microphone::Silent => Some(Note::Silent),
            Microphone::Asleep => Some(Note::WakeMicrophone),
            Microphone::Denied => Some(Note::ListenOnly(Why::Denied)),
            Microphone::Missing => Some(Note::ListenOnly(Why::Missing)),
            Microphone::Busy => Some(Note::ListenOnly(Why::Busy)),
        });
        notes.extend(held.get().then_some(Note::HeldOpen));
        if muted.get() && !held.get() {
            notes.extend(mute_news.get().map(Note::Mute));
        }
        let quiet = keep_quiet(&call);
        notes.extend((!quiet.is_empty()).then_some(Note::Quiet(quiet)));
        if phase.with(|phase| matches!(phase, Phase::InCall(_))) {
            notes.extend(people.with(|people| of_people(&call, people, live.me())));
            notes.extend(call.locked.then_some(Note::Locked));
        }
        notes
    });
    view! {
        // These two are said by screen readers with the change itself, not here again.
        <Show when=move || lost.get()>
            <p class="note">
                <Icon glyph=Glyph::WifiOff />
                <span>{t!(i18n, call.note.lost)}</span>
                <Help path=address::page(i18n.locale(), Page::Network) panel />
            </p>
        </Show>
        <Show when=move || mute.get()>
            <p class="note">
                <Icon glyph=Glyph::MicOff />
                <span>
                    {move || {
                        if !is_phone() && shortcuts::are_on() {
                            t!(i18n, call.note.muted_with_keys)
                        } else {
                            t!(i18n, call.note.muted)
                        }
                    }}
                </span>
            </p>
        </Show>
        <div class="call-notes" role="status">
            <For each=move || notes.get() key=Note::clone let:note>
                <OneNote note panel />
            </For>
        </div>
    }
    .into_any()
}

/// What is the matter with those who are in the call, ourselves included.
fn of_people(call: &CallSnapshot, people: &HashMap<MemberId, InRoom>, me: Option<MemberId>) -> Vec<Note> {
    let matter = |participant: &ParticipantSnapshot| {
        let matter = matter(participant, people.get(&participant.member));
        matter.filter(|_| participant.status == ParticipantStatus::Connected)
    };
    let is_mine = |participant: &ParticipantSnapshot| Some(participant.member) == me;
    let mine = call.participants.iter().find(|participant| is_mine(participant)).and_then(matter);
    let all = |about| {
        let them = call.participants.iter().filter(|them| !is_mine(them) && matter(them) == Some(about));
        let them: Vec<_> = them.map(|participant| participant.member).collect();
        (!them.is_empty()).then_some(Note::Others(about, them))
    };
    let weak = (mine == Some(About::Weak)).then_some(Note::WeHangByAThread);
    // Where it is ours that is weak, theirs only seem so.
    let others = [all(About::Asleep), all(About::ComingBack), all(About::Weak).filter(|_| weak.is_none())];
    weak.into_iter().chain(others.into_iter().flatten()).collect()
}

#[component]
fn OneNote(note: Note, panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let line = |glyph: Glyph, words: Signal<String>| {
        view! {
            <p class="note">
                <Icon glyph />
                <span>{words}</span>
            </p>
        }
    };
    match note {
        Note::TapToHear => EitherOf4::A(view! {
            <button type="button" class="button is-accent note-tap" on:click=move |_| voice.unblock_sound()>
                <Icon glyph=Glyph::Volume />
                {t!(i18n, call.tap_to_hear)}
            </button>
            <p class="note">
                <Help path=address::page(i18n.locale(), Page::Sound) panel />
            </p>
        }),
        Note::WakeMicrophone => EitherOf4::B(view! {
            <button type="button" class="button is-accent note-tap" on:click=move |_| voice.retry_microphone()>
                <Icon glyph=Glyph::Mic />
                {t!(i18n, call.note.wake)}
            </button>
        }),
        Note::ListenOnly(why) => EitherOf4::C(view! { <ListenOnly why panel /> }.into_any()),
        Note::Quiet(them) => EitherOf4::C(view! { <QuietNote them /> }.into_any()),
        Note::Mute(news) => EitherOf4::C(view! { <MuteNote news /> }.into_any()),
        Note::Locked => EitherOf4::D(line(Glyph::Lock, t!(i18n, call.note.locked).into())),
        Note::Silent => EitherOf4::C(
            view! {
                <p class="note">
                    <Icon glyph=Glyph::MicOff />
                    <span>{t!(i18n, call.note.silent)}</span>
                    <Help path=address::microphone_help(i18n.locale()) panel />
                </p>
            }
            .into_any(),
        ),
        Note::HeldOpen => EitherOf4::D(line(Glyph::Mic, t!(i18n, call.note.held_open).into())),
        Note::WeHangByAThread => EitherOf4::C(
            view! {
                <p class="note">
                    <Icon glyph=Glyph::TriangleAlert />
                    <span>{t!(i18n, call.note.weak_mine)}</span>
                    <Help path=address::page(i18n.locale(), Page::Network) panel />
                </p>
            }
            .into_any(),
        ),
        Note::Others(about, them) => {
            let glyph = match about {
                About::Asleep => Glyph::Sleep,
                About::ComingBack => Glyph::WifiOff,
                About::Weak => Glyph::TriangleAlert,
            };
            EitherOf4::D(line(glyph, Signal::derive(move || about_others(i18n, live, about, &them))))
        }
    }
    .into_any()
}

fn about_others(i18n: I18n, live: Live, about: About, them: &[MemberId]) -> String {
    match (about, them) {
        (About::Asleep, [one]) => t!(i18n, call.note.asleep, name = live.name_of(*one)),
        (About::Asleep, many) => t!(i18n, call.note.many_asleep, count = many.len()),
        (About::ComingBack, [one]) => t!(i18n, call.note.coming_back, name = live.name_of(*one)),
        (About::ComingBack, many) => t!(i18n, call.note.many_coming_back, count = many.len()),
        (About::Weak, [one]) => t!(i18n, call.note.weak, name = live.name_of(*one)),
        (About::Weak, many) => t!(i18n, call.note.many_weak, count = many.len()),
    }
}

/// Opens a page from within the panel: by hand, since a window of its own has no pages; and out of its way, so that it can
/// be read.
fn reading(panel: Panel, path: String) -> impl Fn(MouseEvent) {
    let navigate = use_navigate();
    move |event| {
        event.prevent_default();
        panel.small.set(true);
        navigate(&path, Default::default());
    }
}

/// *What can I do?*, beside what is the matter.
#[component]
fn Help(path: String, panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let read = reading(panel, path.clone());
    view! {
        <a class="help-link" href=path on:click=read>
            {t!(i18n, call_button.help)}
        </a>
    }
    .into_any()
}

/// That nobody hears us, why, and what can be done about it in this very browser.
#[component]
fn ListenOnly(why: Why, panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let path = address::microphone_help(i18n.locale());
    let read = reading(panel, path.clone());
    view! {
        <div class="note-card">
            <p class="note-title">
                <Icon glyph=Glyph::Headphones />
                {t!(i18n, microphone.listen_only)}
            </p>
            <p>
                {match why {
                    Why::Denied => t!(i18n, microphone.denied, how = microphone_step(i18n, maker(), 0)),
                    Why::Missing => t!(i18n, microphone.missing).to_owned(),
                    Why::Busy => t!(i18n, microphone.busy).to_owned(),
                }}
            </p>
            <p class="note-choices">
                <button type="button" class="button is-accent" on:click=move |_| voice.retry_microphone()>
                    {t!(i18n, microphone.try_again)}
                </button>
                <a class="button is-quiet" href=path on:click=read>
                    <Icon glyph=Glyph::Help />
                    {t!(i18n, microphone.show_how)}
                </a>
            </p>
        </div>
    }
    .into_any()
}
