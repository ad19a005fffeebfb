//! The pages that people have open: what is told them, and what they make of it.

use super::{World, groups};
use crate::audit::{Ledger, Violation, rule};
use backend::{Actor, Backend, Next, Subscription};
use domain::{CallId, CallSnapshot, Event};
use futures::FutureExt;
use std::collections::BTreeMap;

/// One page, as a browser keeps it: of each call it believes the newest version that it was told.
pub(super) struct Page {
    actor: Actor,
    news: Subscription,
    calls: BTreeMap<CallId, CallSnapshot>,
}

impl Page {
    async fn open(actor: Actor, backend: &Backend) -> Page {
        let mut page = Page { news: backend.subscribe(&actor), actor, calls: BTreeMap::new() };
        page.start_over(backend).await;
        page
    }

    /// Whatever it knew, this is what there is.
    async fn start_over(&mut self, backend: &Backend) {
        let live = backend.live(&self.actor).await.unwrap();
        self.calls = live.calls.into_iter().map(|call| (call.id, call)).collect();
    }

    fn take_in(&mut self, call: CallSnapshot) {
        if self.calls.get(&call.id).is_none_or(|known| known.version <= call.version) {
            self.calls.insert(call.id, call);
        }
    }

    fn live(&self) -> impl Iterator<Item = (CallId, u32)> {
        self.calls.values().filter(|call| !call.is_over()).map(|call| (call.id, call.version))
    }
}

impl World<'_> {
    pub(super) async fn open_pages(&mut self) {
        self.pages.clear();
        for who in 0..u8::try_from(self.parish.people.len()).unwrap() {
            self.open_page(who).await;
        }
    }

    /// The stream of their page breaks, and what was on its way is lost; the page opens another one.
    pub(super) async fn bounce(&mut self, who: u8) {
        let member = self.person(who).member;
        self.pages.retain(|page| page.actor.member() != member);
        self.open_page(who).await;
    }

    async fn open_page(&mut self, who: u8) {
        if let Some(actor) = self.actor(who, 0).await {
            self.pages.push(Page::open(actor, &self.backend).await);
        }
    }

    /// I16 and I19: nobody is told of a call they may not see, nor that a call rings which is over.
    pub(super) async fn check_pages(&mut self, before: &Ledger, after: &Ledger) -> Result<(), Violation> {
        for page in &mut self.pages {
            let member = page.actor.member();
            while let Some(told) = page.news.next().now_or_never() {
                let told = match told {
                    Next::Event(Event::Call(told)) => told,
                    Next::Event(Event::Message(line) | Event::Changed(line)) => {
                        groups::is_no_old_news(&line, before)?;
                        continue;
                    }
                    Next::Lost => {
                        page.start_over(&self.backend).await;
                        continue;
                    }
                    Next::Event(_) => continue,
                };
                let rings = told.rings_for(member).is_some();
                let was_live = before.calls.get(&told.id).is_none_or(|call| !call.is_over());
                rule!(!rings || was_live, "I16: {} rings though it is over", told.id);
                rule!(told.version <= after.calls[&told.id].version, "a version of the future was told");
                let sees = self.database.store.visible_call(member, told.id).await.unwrap().is_some();
                // Somebody who was put out is told that, once.
                let put_out = self.expelled.contains_key(&member) && !rings && !told.is_connected(member);
                rule!(sees || put_out, "I19: {member} was told of {}", told.id);
                page.take_in(told);
            }
        }
        Ok(())
    }

    /// I25: once everything has come to rest, an open page knows the calls that there are, as they are, and no other.
    pub(super) async fn pages_know_what_there_is(&self, calm: &Ledger) -> Result<(), Violation> {
        for page in &self.pages {
            let member = page.actor.member();
            if self.expelled.contains_key(&member) {
                continue;
            }
            let sees = self.database.store.live_calls(member).await.unwrap();
            let there: BTreeMap<_, _> = sees.iter().map(|call| (call.id, calm.calls[&call.id].version)).collect();
            let known: BTreeMap<_, _> = page.live().collect();
            rule!(known == there, "I25: the page of {member} knows {known:?}, and there is {there:?}");
        }
        Ok(())
    }
}
