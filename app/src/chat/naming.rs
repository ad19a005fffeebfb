//! Naming somebody while one writes: after an @ come the people of the channel whose names begin like that.

use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::Live;
use domain::{ChannelId, ChannelKind, Member};
use leptos::html::Textarea;
use leptos::prelude::*;

/// So many are offered.
const AT_MOST: usize = 5;
/// Longer names are not looked for: then it is a sentence.
const LONGEST: usize = 30;

/// Those who can be named by what was begun.
#[component]
pub(crate) fn Naming(suggested: RwSignal<Vec<Member>>, text: NodeRef<Textarea>) -> impl IntoView {
    let i18n = use_i18n();
    let name = move |member: &Member| {
        let Some(text) = text.get_untracked() else { return };
        let (value, caret) = (text.value(), text.selection_start().ok().flatten().unwrap_or_default());
        let (before, after) = split_at(&value, caret);
        let Some(at) = before.rfind('@') else { return };
        let begun = format!("{}@{} ", &before[..at], member.name);
        text.set_value(&format!("{begun}{after}"));
        let caret = u32::try_from(begun.encode_utf16().count()).unwrap_or(u32::MAX);
        let _ = text.set_selection_range(caret, caret);
        let _ = text.focus();
        suggested.set(vec![]);
    };
    let one = move |member: Member| {
        let (id, shown) = (member.id, member.name.clone());
        view! {
            <li>
                <button type="button" class="person" on:click=move |_| name(&member)>
                    <MemberAvatar member=id />
                    <span class="person-name">{shown}</span>
                </button>
            </li>
        }
    };
    view! {
        <ul class="naming" hidden=move || suggested.with(Vec::is_empty) aria-label=t!(i18n, composer.name)>
            <For each=move || suggested.get() key=|member| member.id children=one />
        </ul>
    }
    .into_any()
}

/// The people of a channel whose names begin like this.
pub(super) fn named_here(live: Live, channel: ChannelId, begun: &str) -> Vec<Member> {
    let begun = begun.to_lowercase();
    let channel = untrack(|| live.channel(channel));
    live.community().with_untracked(|community| {
        let (Some(community), Some(channel)) = (community, channel) else { return vec![] };
        let here = |member: &&Member| match channel.kind {
            ChannelKind::Parish => true,
            ChannelKind::Group => channel.members.contains(&member.id),
            ChannelKind::Direct => channel.other == Some(member.id),
        };
        let fits = |member: &&Member| {
            let name = member.name.to_lowercase();
            name.starts_with(&begun) || name.split(' ').any(|part| part.starts_with(&begun))
        };
        let others = community.members.iter().filter(|member| member.id != community.me.id);
        others.filter(here).filter(fits).take(AT_MOST).cloned().collect()
    })
}

/// What follows the @ before the caret, if a name may be begun there. `caret` counts as browsers do, in UTF-16.
pub(super) fn token(text: &str, caret: u32) -> Option<String> {
    let (before, _) = split_at(text, caret);
    let at = before.rfind('@')?;
    let (head, begun) = (&before[..at], &before[at + 1..]);
    let begins = !head.chars().next_back().is_some_and(char::is_alphanumeric);
    let name = begun.chars().count() <= LONGEST && !begun.contains('\n') && begun.matches(' ').count() < 2;
    (begins && name).then(|| begun.to_owned())
}

/// Before and behind the caret.
fn split_at(text: &str, caret: u32) -> (&str, &str) {
    let mut left = caret as usize;
    for (at, letter) in text.char_indices() {
        if left < letter.len_utf16() {
            return text.split_at(at);
        }
        left -= letter.len_utf16();
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn a_name_is_begun_by_an_at_sign_that_no_word_stands_before() {
        let begun = |text: &str, caret| token(text, caret);
        assert_eq!(begun("@", 1).as_deref(), Some(""));
        assert_eq!(begun("Hello @Ann", 10).as_deref(), Some("Ann"));
        assert_eq!(begun("Hello @Ann, there", 10).as_deref(), Some("Ann"));
        assert_eq!(begun("(@Anna No", 9).as_deref(), Some("Anna No"));
        for (text, caret) in [("me@a", 4), ("@Anna Nowak is", 14), ("@Anna\n", 6), ("no", 2), ("@Anna", 0)] {
            assert_eq!(begun(text, caret), None, "{text}");
        }
    }

    #[test]
    fn the_caret_counts_as_browsers_do() {
        assert_eq!(token("🐢 @Ż", 5).as_deref(), Some("Ż"));
        assert_eq!(token("🐢 @Ż", 99).as_deref(), Some("Ż"));
    }
}
