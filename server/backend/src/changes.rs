//! How a call changes: load → apply → save if nobody was faster → publish.

use crate::calls::TRIES;
use crate::{Backend, Error, ids, worker};
use domain::{Call, CallError, CallId, Command, Effect, Event, MemberId, MessageId, Timestamp};
use store::{Change, Granted, Request, Saved, StoreError};

/// A command, and how it was asked for.
pub(crate) struct Step {
    pub(crate) command: Command,
    /// The request of a browser: carried out once, however often it comes.
    pub(crate) request: Option<Request>,
    /// Who leaves the call they are in for this one.
    pub(crate) switch: Option<MemberId>,
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Step { command, request: None, switch: None }
    }
}

/// What came of a step.
pub(crate) enum Changed {
    /// This is the call now.
    Now(Call),
    /// The request had been carried out before. Nothing has changed this time.
    Before(Granted),
}

impl Backend {
    /// Carries out one step, if need be several times until nobody else is faster. Then those who may see it are told.
    pub(crate) async fn change_call(&self, id: CallId, step: impl Into<Step>) -> Result<Changed, Error> {
        let step = step.into();
        let _turn = self.inner.turns.of(id).lock().await;
        for _ in 0..TRIES {
            let now = self.now();
            let before = self.inner.store.call(id).await?.ok_or(Error::NotFound)?;
            // After the call was read: if the same request was faster, either we see it here or the save fails.
            if let Some(request) = step.request
                && let Some(granted) = self.inner.store.granted(request).await?
            {
                return Ok(Changed::Before(granted));
            }
            let (call, effects) = before.clone().apply(step.command, now)?;
            if call == before {
                return Ok(Changed::Now(call));
            }
            let mut changes = vec![];
            if let Some(member) = step.switch {
                changes.extend(self.leaving(member, id, now).await?);
            }
            changes.push(change_for(call, &effects, step.request, now));
            match self.inner.store.save_calls(&changes).await {
                Ok(Saved::Yes) => {}
                Ok(Saved::MemberBusy) if step.switch.is_none() => return Err(Error::InAnotherCall),
                Ok(Saved::MemberBusy | Saved::Repeated) | Err(StoreError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
            let mut changed = before;
            for change in changes {
                let put_out = if let Command::Remove(member) = step.command { Some(member) } else { None };
                changed = self.publish_change(change, put_out).await;
            }
            return Ok(Changed::Now(changed));
        }
        Err(Error::Unavailable(StoreError::Conflict))
    }

    /// What it takes to get a member out of the call they are in, unless it is `but`.
    pub(crate) async fn leaving(&self, member: MemberId, but: CallId, now: Timestamp) -> Result<Option<Change>, Error> {
        let Some(other) = self.inner.store.connected_call(member).await?.filter(|other| other.id != but) else {
            return Ok(None);
        };
        let left = match other.clone().apply(Command::Leave { member, device: None }, now) {
            // Its ring is over, and the sweeper has not been there yet.
            Err(CallError::Over) => other.apply(Command::Tick, now),
            left => left,
        };
        match left {
            Ok((left, effects)) => Ok(Some(change_for(left, &effects, None, now))),
            // Out of it by now.
            Err(CallError::Over | CallError::NotInCall) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells of a change that was saved; answers the call as it is now. `put_out` may see no more of it than this.
    pub(crate) async fn publish_change(&self, change: Change, put_out: Option<MemberId>) -> Call {
        let call = Call { version: change.call.version + 1, ..change.call };
        tracing::debug!(call.id = %call.id, version = call.version, status = ?call.state.status(), "the call changed");
        let viewers = self.publish_call(&call).await;
        if let Some(member) = put_out.filter(|member| !viewers.contains(member)) {
            self.inner.hub.publish([member], &Event::Call(call.snapshot(self.now())));
        }
        if let Some(card) = change.card
            && let Ok(Some(message)) = self.inner.store.message(card).await
        {
            // Of a call between picked people, only they get the card.
            self.inner.hub.publish(viewers, &Event::Message(message));
        }
        call
    }

    /// Tells whoever may see the call; answers who that is. The change is saved already: if this fails, the browsers
    /// learn of it when they ask.
    pub(crate) async fn publish_call(&self, call: &Call) -> Vec<MemberId> {
        let viewers = self.inner.store.viewers(call).await.unwrap_or_else(|error| {
            tracing::error!(call.id = %call.id, ?error, "nobody could be told of a change");
            vec![]
        });
        self.inner.hub.publish(viewers.iter().copied(), &Event::Call(call.snapshot(self.now())));
        viewers
    }
}

/// What is recorded in the transaction that saves the call.
pub(crate) fn change_for(call: Call, effects: &[Effect], request: Option<Request>, now: Timestamp) -> Change {
    let mut change = Change { card: None, jobs: vec![], request, at: now, call };
    for effect in effects {
        let call = change.call.id;
        match *effect {
            Effect::PostCard => change.card = Some(MessageId(ids::fresh(now))),
            Effect::CloseAudio => change.jobs.push(worker::Task::CloseRoom { call }.job(now)),
            Effect::Disconnect { member, epoch } => {
                change.jobs.push(worker::Task::Disconnect { call, member, epoch }.job(now));
            }
        }
    }
    change
}
