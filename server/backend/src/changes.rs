//! How a call changes: load → apply → save if nobody was faster → publish.

use crate::calls::TRIES;
use crate::hub::Hub;
use crate::{Backend, Error, Noted, ids, worker};
use domain::{
    Call, CallError, CallId, Command, DeviceId, Effect, Event, MemberId, Message, MessageId, RingChange, Timestamp,
};
use store::{Change, Granted, Request, Saved, StoreError};

/// What is to happen in one go, and how it was asked for.
pub(crate) struct Step {
    /// Carried out one after the other, all of them or none.
    pub(crate) commands: Vec<Command>,
    /// The request of a browser: carried out once, however often it comes.
    pub(crate) request: Option<Request>,
    /// Who leaves the call they are in for this one.
    pub(crate) switch: Option<MemberId>,
    /// The device that asked: it knows already that it is not to ring any more.
    pub(crate) device: Option<DeviceId>,
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        vec![command].into()
    }
}

impl From<Vec<Command>> for Step {
    fn from(commands: Vec<Command>) -> Self {
        Step { commands, request: None, switch: None, device: None }
    }
}

/// A commit may fail in a way that leaves open whether it was made, and then nobody would be told of what it changed: unless
/// this is [over](Untold::over), every device of ours is told to start over when it is dropped.
pub(crate) struct Untold<'a>(Option<&'a Hub>);

impl<'a> Untold<'a> {
    pub(crate) fn of(hub: &'a Hub) -> Self {
        Untold(Some(hub))
    }

    /// Everybody was told, or there is nothing to tell.
    pub(crate) fn over(mut self) {
        self.0 = None;
    }
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        if let Some(hub) = self.0 {
            hub.lose_all();
        }
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
                return Ok(Changed::Before(of_this_call(granted, id)?));
            }
            let mut call = before.clone();
            let mut effects = vec![];
            for command in &step.commands {
                let (next, more) = call.apply(*command, now)?;
                call = next;
                effects.extend(more);
            }
            if call == before {
                return Ok(Changed::Now(call));
            }
            let mut changes = vec![];
            if let Some(member) = step.switch {
                changes.extend(self.leaving(member, id, now).await?);
            }
            let rings = call.ring_changes(Some(&before));
            let missed = call.misses_changed(&before);
            let change = change_for(call, &effects, &rings, step.request, step.device, now);
            changes.push(Change { missed, ..change });
            let untold = Untold::of(&self.inner.hub);
            match self.inner.store.save_calls(&changes).await {
                Ok(Saved::Yes) => {
                    self.note_rings(&rings);
                    if let [Command::ConfirmRing { member, .. }] = step.commands[..] {
                        self.note_ring_heard(&before, member, now);
                    }
                }
                Ok(Saved::MemberBusy) if step.switch.is_none() => {
                    untold.over();
                    return Err(Error::InAnotherCall);
                }
                Ok(Saved::MemberBusy | Saved::Repeated) | Err(StoreError::Conflict) => {
                    untold.over();
                    continue;
                }
                // It may have been saved all the same.
                Err(error) => return Err(error.into()),
            }
            let mut changed = before;
            for change in changes {
                let put_out = if let [Command::Remove(member)] = step.commands[..] { Some(member) } else { None };
                changed = self.publish_change(change, put_out).await;
            }
            untold.over();
            self.inner.work.notify_one();
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
            Err(CallError::Over) => other.clone().apply(Command::Tick, now),
            left => left,
        };
        match left {
            Ok((left, effects)) => {
                let rings = left.ring_changes(Some(&other));
                let missed = left.misses_changed(&other);
                Ok(Some(Change { missed, ..change_for(left, &effects, &rings, None, None, now) }))
            }
            // Out of it by now.
            Err(CallError::Over | CallError::NotInCall) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells of a change that was saved; answers the call as it is now. `put_out` may see no more of it than this.
    pub(crate) async fn publish_change(&self, change: Change, put_out: Option<MemberId>) -> Call {
        let call = Call { version: change.call.version + 1, ..change.call };
        if let Some(reason) = call.state.end_reason() {
            self.note(Noted::CallEnded(reason));
        }
        tracing::debug!(call.id = %call.id, version = call.version, status = ?call.state.status(), "the call changed");
        let viewers = self.publish_call(&call).await;
        self.publish_card(&call, change.card, &viewers).await;
        if let Err(error) = self.tell_missed(&change.missed).await {
            self.start_over(&error);
        }
        if let Some(member) = put_out.filter(|member| !viewers.contains(member)) {
            self.inner.hub.publish([member], &Event::Call(call.snapshot(self.now())));
        }
        call
    }

    /// Tells of a call that has begun.
    pub(crate) async fn publish_begun(&self, new: &Change) {
        let viewers = self.publish_call(&new.call).await;
        self.publish_card(&new.call, new.card, &viewers).await;
    }

    async fn publish_card(&self, call: &Call, card: Option<MessageId>, viewers: &[MemberId]) {
        let Some(new) = card else { return };
        match self.inner.store.card(call.id).await {
            // Of a call between picked people, only they get the card.
            Ok(card) => card.into_iter().for_each(|card| {
                if card.id == new {
                    self.publish_new_card(call, card, viewers);
                } else {
                    self.inner.hub.publish(viewers.iter().copied(), &Event::Changed(card));
                }
            }),
            Err(error) => self.start_over(&error),
        }
    }

    /// Tells these people of a card that was not there before. To whoever has blocked the caller it is nothing new.
    pub(crate) fn publish_new_card(&self, call: &Call, card: Message, viewers: &[MemberId]) {
        let (hushed, others) = viewers.iter().partition::<Vec<MemberId>, _>(|viewer| call.hushes(**viewer));
        self.inner.hub.publish(others, &Event::Message(card.clone()));
        self.inner.hub.publish(hushed, &Event::Changed(card));
    }

    /// Tells whoever may see the call; answers who that is.
    pub(crate) async fn publish_call(&self, call: &Call) -> Vec<MemberId> {
        match self.inner.store.viewers(call).await {
            Ok(viewers) => {
                let (still, others) = viewers.iter().partition::<Vec<MemberId>, _>(|viewer| call.stays_still(**viewer));
                self.inner.hub.publish(others, &Event::Call(call.snapshot(self.now())));
                for viewer in still {
                    self.inner.hub.publish([viewer], &Event::Call(call.snapshot_for(viewer, self.now())));
                }
                viewers
            }
            Err(error) => {
                self.start_over(&error);
                vec![]
            }
        }
    }

    /// We do not know what to tell whom: every device asks for itself.
    fn start_over(&self, error: &StoreError) {
        tracing::error!(?error, "nobody could be told of a change, and everybody has to start over");
        self.inner.hub.lose_all();
    }
}

/// # Errors
/// [`CallError::NotInCall`] for what a request has led to in another call: of this one, it never asked.
pub(crate) fn of_this_call(granted: Granted, call: CallId) -> Result<Granted, CallError> {
    if granted.call == call { Ok(granted) } else { Err(CallError::NotInCall) }
}

/// What is recorded in the transaction that saves the call.
pub(crate) fn change_for(
    call: Call,
    effects: &[Effect],
    rings: &[RingChange],
    request: Option<Request>,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Change {
    let mut change = Change { card: None, missed: vec![], jobs: vec![], request, at: now, call };
    for effect in effects {
        let call = change.call.id;
        match *effect {
            Effect::PostCard => change.card = Some(MessageId(ids::fresh(now))),
            Effect::CloseAudio => change.jobs.push(worker::Task::CloseRoom { call }.job(now)),
            Effect::Disconnect { member, epoch } => {
                change.jobs.push(worker::Task::Disconnect { call, member, epoch }.job(now));
            }
            Effect::Mute { member, epoch } => change.jobs.push(worker::Task::Mute { call, member, epoch }.job(now)),
        }
    }
    for ring in rings {
        let call = change.call.id;
        change.jobs.push(match *ring {
            RingChange::Begins { member, until } => worker::Task::Ring { call, member, until }.job(now),
            RingChange::Over { member } => {
                let version = change.call.version;
                worker::Task::RingOver { call, member, but: device, version }.job(now)
            }
        });
    }
    change
}
