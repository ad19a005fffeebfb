//! The people of the parish, found by name.

use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon};
use domain::{Member, MemberId};
use leptos::prelude::*;

/// Everybody else in the parish, under a line to search them by name. The caller says how one of them looks, who comes
/// first, and perhaps who is shown at all.
#[component]
pub(crate) fn PersonList<Row: IntoView + 'static>(
    row: impl Fn(Member) -> Row + Clone + Send + Sync + 'static,
    #[prop(optional)] first: Vec<MemberId>,
    #[prop(optional)] only: Option<Signal<Option<Vec<MemberId>>>>,
) -> impl IntoView {
    list(Callback::new(move |member| row(member).into_any()), first, only)
}

/// One type for all rows, so that all lists are one piece of code.
fn list(row: Callback<Member, AnyView>, first: Vec<MemberId>, only: Option<Signal<Option<Vec<MemberId>>>>) -> AnyView {
    let i18n = use_i18n();
    let live = use_live();
    let wanted = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let wanted = wanted.with(|wanted| plain(wanted));
        live.community().with(|community| {
            let all = community.iter().flat_map(|c| c.members.iter().filter(|member| member.id != c.me.id));
            let kept = |member: &&Member| {
                only.is_none_or(|only| only.with(|only| only.as_ref().is_none_or(|only| only.contains(&member.id))))
            };
            let found = all.filter(kept).filter(|member| plain(&member.name).contains(&wanted));
            let mut found: Vec<_> = found.cloned().collect();
            // Stays by name otherwise.
            found.sort_by_key(|member| first.iter().position(|first| *first == member.id).unwrap_or(usize::MAX));
            found
        })
    });
    view! {
        <div class="search">
            <Icon glyph=Glyph::Search />
            <input
                type="search"
                aria-label=t!(i18n, people.search)
                placeholder=t!(i18n, people.search)
                autocomplete="off"
                on:input=move |event| wanted.set(event_target_value(&event))
            />
        </div>
        <ul class="person-list">
            <For each=move || found.get() key=|member| member.id children=move |member| view! { <li>{row.run(member)}</li> } />
        </ul>
        <p class="person-none" role="status">
            {move || found.with(Vec::is_empty).then_some(t!(i18n, people.none))}
        </p>
    }
    .into_any()
}

/// A name as people search for it: without capitals, and without the marks that a hurried thumb leaves out.
fn plain(name: &str) -> String {
    let folded = name.trim().to_lowercase();
    folded
        .chars()
        .map(|letter| match letter {
            'ą' | 'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
            'ć' | 'ç' => 'c',
            'ę' | 'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ł' => 'l',
            'ń' | 'ñ' => 'n',
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
            'ś' => 's',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ź' | 'ż' => 'z',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn people_are_found_without_capitals_and_marks() {
        assert!(plain("Łukasz Żółć").contains(&plain("lukasz zol")));
        assert!(plain("María Peña").contains(&plain(" pena ")));
        assert!(plain("Anyone").contains(&plain("")));
    }
}
